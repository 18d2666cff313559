import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
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
}

/** Pages from which a list is not loaded again only because the window is looked at again. */
const manyPages = 3

/** Whom the address asks for, page by page. */
export function usePeople(search: PeopleSearch): People {
  const list = useInfiniteQuery({
    ...personsOptions(useApp(), toPersonsQuery(search)),
    placeholderData: (before) => before,
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) < manyPages,
  })
  const { data, hasNextPage, isFetching, fetchNextPage, refetch } = list
  const persons = useMemo(() => data?.pages.flatMap(({ items }) => items), [data])

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
    return loaded?.pages.flatMap(({ items }) => items) ?? []
  }, [data, hasNextPage, fetchNextPage])

  return {
    persons,
    error: list.error,
    isFetching,
    hasMore: hasNextPage,
    retry: () => void refetch(),
    loadMore,
    loadAll,
  }
}
