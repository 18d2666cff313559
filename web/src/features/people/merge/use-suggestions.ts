import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import {
  findMerges,
  type MergeSuggestion,
  mergeSuggestionsOptions,
} from '../../../shared/api/examination.ts'
import { jobOptions } from '../../../shared/api/jobs.ts'
import { asProblem } from '../../../shared/api/problem.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'

interface Suggestions {
  /** Undefined while they are loaded, and when nobody has looked for them yet. */
  readonly pairs: readonly MergeSuggestion[] | undefined
  readonly endedAt: string | undefined
  readonly isPending: boolean
  /** Other than that nobody has looked yet. */
  readonly error: Error | null
  /** Looks for them; the list comes when it is done. */
  readonly find: () => void
  readonly isFinding: boolean
  /** Faces that were compared, of how many. */
  readonly progress: { readonly done: number; readonly total?: number | undefined } | undefined
}

const pollMs = 1_000
const ends: ReadonlySet<string> = new Set(['done', 'failed', 'cancelled'])

/** Persons who may be there twice, and the search for them. */
export function useSuggestions(): Suggestions {
  const app = useApp()
  const client = useQueryClient()
  const [job, setJob] = useState<string>()
  const { queryKey, ...options } = mergeSuggestionsOptions(app)
  const list = useQuery({ ...options, queryKey, retry: false })
  const { data: state } = useQuery({
    ...jobOptions(app.api, job ?? ''),
    enabled: job !== undefined,
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && ends.has(data.state) ? false : pollMs,
  })
  const start = useChange({ send: () => findMerges(app), onDone: setJob })

  const isEnded = state !== undefined && ends.has(state.state)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key's parts are those of the page
  useEffect(() => {
    if (!isEnded) return
    setJob(undefined)
    void client.invalidateQueries({ queryKey })
  }, [isEnded, client])

  const hasNone = list.error !== null && asProblem(list.error).details.status === 404
  return {
    pairs: list.data?.pairs,
    endedAt: list.data?.endedAt,
    isPending: list.isPending,
    error: hasNone ? null : list.error,
    find: () => start.run(undefined),
    isFinding: start.isPending || job !== undefined,
    progress: state?.progress,
  }
}
