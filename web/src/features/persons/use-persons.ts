import { useCallback, useEffect, useState } from 'react'
import { type ApiProblem, asProblem } from '../../shared/api-client.ts'
import type { Person } from '../../shared/api-types.ts'
import { useApp } from '../../shared/app-context.ts'

const typingMs = 250

export interface PersonList {
  /** undefined until the first page is there. */
  readonly persons: readonly Person[] | undefined
  readonly loading: boolean
  readonly problem: ApiProblem | undefined
  /** Loads the next page; undefined on the last. */
  readonly more: (() => void) | undefined
  readonly drop: (id: string) => void
  readonly replace: (person: Person) => void
}

/** The persons whose names contain `search`, page by page. */
export function usePersons(search: string): PersonList {
  const { api, collection } = useApp()
  const [persons, setPersons] = useState<readonly Person[]>()
  const [cursor, setCursor] = useState<string>()
  const [loading, setLoading] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const name = search.trim()

  const load = useCallback(
    async (from: string | undefined, signal?: AbortSignal) => {
      setLoading(true)
      try {
        const page = await api.persons(
          collection,
          {
            ...(name === '' ? {} : { name }),
            ...(from === undefined ? {} : { cursor: from }),
          },
          signal,
        )
        if (signal?.aborted) return
        setPersons((before) =>
          from === undefined ? page.items : [...(before ?? []), ...page.items],
        )
        setCursor(page.nextCursor)
        setProblem(undefined)
      } catch (error) {
        if (!signal?.aborted) setProblem(asProblem(error))
      }
      setLoading(false)
    },
    [api, collection, name],
  )

  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(() => void load(undefined, stop.signal), name === '' ? 0 : typingMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [load, name])

  return {
    persons,
    loading,
    problem,
    more: cursor === undefined ? undefined : () => void load(cursor),
    drop: (id) => setPersons((all) => all?.filter((person) => person.id !== id)),
    replace: (changed) =>
      setPersons((all) => all?.map((person) => (person.id === changed.id ? changed : person))),
  }
}
