import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { isStaleInView, joinParts, partsOf } from '../../shared/api/person-parts.ts'
import { personsOptions } from '../../shared/api/persons.ts'
import type { Person } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { type PeopleSearch, toPersonsQuery } from './search.ts'

export interface People {
  /** Undefined until the first page is there. */
  readonly persons: readonly Person[] | undefined
  readonly error: Error | null
  readonly isFetching: boolean
  readonly hasMore: boolean
  readonly retry: () => void
  readonly loadMore: () => void
  /** Loads all pages and answers everybody. */
  readonly loadAll: () => Promise<readonly Person[]>
  /** Says which places of the list are seen: after a change only they are loaded again. */
  readonly see: (first: number, last: number) => void
}

/** Whom the address asks for, page by page. */
export function usePeople(search: PeopleSearch): People {
  const app = useApp()
  const seen = useRef({ first: 0, last: 0 })
  const parts = useRef<Parameters<typeof joinParts>[0]>([])
  const isInView = useCallback((part: number) => partsOf(parts.current, seen.current)(part), [])
  const list = useInfiniteQuery({
    ...personsOptions(app, toPersonsQuery(search), isInView),
    placeholderData: (before) => before,
  })
  const { data, hasNextPage, isFetching, isPlaceholderData, fetchNextPage, refetch } = list
  parts.current = data?.pages ?? []
  const persons = useMemo(() => data && joinParts(data.pages), [data])

  const loadMore = useCallback(() => {
    if (!isFetching) void fetchNextPage({ cancelRefetch: false })
  }, [isFetching, fetchNextPage])
  const loadAll = useCallback(async () => {
    let loaded = data
    for (let more = hasNextPage; more; ) {
      // Near the end of the list the next page may be on its way already.
      const next = await fetchNextPage({ cancelRefetch: false })
      loaded = next.data
      more = next.hasNextPage && !next.isError
    }
    return loaded ? joinParts(loaded.pages) : []
  }, [data, hasNextPage, fetchNextPage])

  const [hasOldInView, setOldInView] = useState(false)
  const see = useCallback(
    (first: number, last: number) => {
      seen.current = { first, last }
      setOldInView(isStaleInView(parts.current, isInView))
    },
    [isInView],
  )
  useEffect(() => {
    if (!hasOldInView || isFetching || isPlaceholderData) return
    setOldInView(false)
    void refetch()
  }, [hasOldInView, isFetching, isPlaceholderData, refetch])

  return {
    persons,
    error: list.error,
    isFetching,
    hasMore: hasNextPage,
    retry: () => void refetch(),
    loadMore,
    loadAll,
    see,
  }
}
