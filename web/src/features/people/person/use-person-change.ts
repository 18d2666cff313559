import { type PersonChanges, updatePerson } from '../../../shared/api/persons.ts'
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
    readonly onDone?: (person: Person) => void
  },
): Change<PersonChange, Person> {
  const app = useApp()
  return useChange({
    send: ({ changes, revision }: PersonChange, { overwrite }) =>
      updatePerson(app, { id, revision: overwrite ? undefined : revision }, changes),
    done: options.done,
    undo: () => ({ person: id, kind: 'personUpdated' }),
    ...(options.onDone ? { onDone: options.onDone } : {}),
  })
}
