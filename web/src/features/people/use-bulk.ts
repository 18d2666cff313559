import { useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { type BulkOperation, bulkPersons } from '../../shared/api/bulk-persons.ts'
import { undoEntries } from '../../shared/api/history.ts'
import { removeFromLists } from '../../shared/api/persons.ts'
import { ApiProblem } from '../../shared/api/problem.ts'
import type { BulkPersonOutcome, Person } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'

/** A person who could not be changed. */
export interface BulkFailure {
  readonly id: string
  /** The id where the list does not show the person. */
  readonly name: string
  readonly problem: ApiProblem
}

export interface Bulk {
  readonly isPending: boolean
  readonly update: (
    ids: readonly string[],
    fields: { readonly favourite?: boolean; readonly hidden?: boolean },
  ) => void
  /** Resolves to whether it was done with everybody. */
  readonly runAsync: (ids: readonly string[], operation: BulkOperation) => Promise<boolean>
}

interface BulkRequest {
  readonly ids: readonly string[]
  readonly operation: BulkOperation
}

/** Changes or deletes many persons; who could not be changed is told to `onFailures`. */
export function useBulk({
  persons,
  onFailures,
}: {
  readonly persons: readonly Person[]
  readonly onFailures: (failures: readonly BulkFailure[]) => void
}): Bulk {
  const t = useTranslations('people')
  const app = useApp()
  const client = useQueryClient()
  const change = useChange({
    send: ({ ids, operation }: BulkRequest) => bulkPersons(app, ids, operation),
    done: (outcomes, { operation }) => {
      const count = changedIds(outcomes).length
      if (count === 0) return undefined
      return t(operation.kind === 'delete' ? 'manyDeleted' : 'manyChanged', { count })
    },
    undo: (outcomes) => {
      const entries = outcomes.flatMap((outcome) =>
        outcome.status === 'ok' ? (outcome.entryId ?? []) : [],
      )
      return entries.length === 0 ? undefined : () => undoEntries(app, entries)
    },
    onDone: (outcomes, { operation }) => {
      // A long list is loaded again page by page: who is deleted is gone before that.
      if (operation.kind === 'delete') removeFromLists(client, app, changedIds(outcomes))
      const failures = outcomes.flatMap((outcome) => toFailure(outcome, persons))
      if (failures.length > 0) onFailures(failures)
    },
  })
  return {
    isPending: change.isPending,
    update: (ids, fields) => change.run({ ids, operation: { kind: 'update', fields } }),
    runAsync: async (ids, operation) => {
      // A toast says what went wrong.
      const outcomes = await change.runAsync({ ids, operation }).catch(() => [])
      return changedIds(outcomes).length === ids.length
    },
  }
}

function changedIds(outcomes: readonly BulkPersonOutcome[]): readonly string[] {
  return outcomes.filter(({ status }) => status === 'ok').map(({ id }) => id)
}

function toFailure(outcome: BulkPersonOutcome, persons: readonly Person[]): BulkFailure[] {
  if (outcome.status === 'ok') return []
  const { id, code, message } = outcome
  const name = persons.find((person) => person.id === id)?.name ?? id
  return [{ id, name, problem: new ApiProblem(code, message) }]
}
