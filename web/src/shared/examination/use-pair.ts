import { useQueries } from '@tanstack/react-query'
import { personOptions } from '../api/persons.ts'
import { asProblem } from '../api/problem.ts'
import { statementsOptions } from '../api/statements.ts'
import type { Person } from '../api/types.ts'
import { useApp } from '../app-context.ts'
import { areDifferent, type Pair } from './findings.ts'

/** A pair as it is now, which an examination found some time ago. */
export interface PairNow {
  /** Undefined until both are there. */
  readonly persons: readonly [Person, Person] | undefined
  /** Somebody has merged or deleted one of them, or said that they are different. */
  readonly isDecided: boolean
  /** Other than that somebody is gone. */
  readonly error: Error | undefined
}

/** The persons of a pair, and whether it has been decided since the examination. */
export function usePair({ personIds }: Pick<Pair, 'personIds'>): PairNow {
  const app = useApp()
  const results = useQueries({
    queries: personIds.map((id) => ({ ...personOptions(app, id), retry: false })),
  })
  const said = useQueries({
    queries: personIds.map((id) => ({ ...statementsOptions(app, id, 'rejections'), retry: false })),
  })
  const [one, other] = results.map(({ data }) => data)
  const error = results.find((result) => result.error !== null)?.error ?? undefined
  const isGone = error !== undefined && asProblem(error).details.status === 404
  // What was taken back a moment ago is being asked for.
  const rejections = said.flatMap(({ data, isFetching }) => (isFetching ? [] : (data ?? [])))
  const isKnown = said.every(({ isPending }) => !isPending)
  return {
    persons:
      one !== undefined && other !== undefined && isKnown && !isGone ? [one, other] : undefined,
    isDecided: isGone || areDifferent({ personIds }, rejections),
    error: isGone ? undefined : error,
  }
}
