import {
  type ChangedPerson,
  type PersonChanges,
  updatePerson,
} from '../../../shared/api/persons.ts'
import type { Person } from '../../../shared/api/types.ts'
import { type Change, useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'

interface PersonChange {
  readonly changes: PersonChanges
  /** What the user has seen. */
  readonly revision: number
}

/** Changes fields of a person; where somebody else was faster, the user decides. */
export function usePersonChange(
  { id }: Pick<Person, 'id'>,
  options: {
    readonly done: (person: Person, change: PersonChange) => string
    readonly onDone?: () => void
  },
): Change<PersonChange, ChangedPerson> {
  const app = useApp()
  return useChange({
    send: ({ changes, revision }: PersonChange, { overwrite }) =>
      updatePerson(app, { id, revision: overwrite ? undefined : revision }, changes),
    done: ({ person }, change) => options.done(person, change),
    undo: ({ entryId }) => entryId,
    ...(options.onDone ? { onDone: options.onDone } : {}),
  })
}
