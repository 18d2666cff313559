import { FaceError } from '../../core/errors.ts'
import type { NewPerson } from '../ports/persons.ts'

/** How many persons of a name have to be read to choose one, oldest first. */
export const namesakesRead = 2

/**
 * Chooses the person whom a name means.
 *
 * @param personIds  of the persons of exactly this name, oldest first, at least
 *   {@link namesakesRead} of them where there are so many
 * @returns undefined when a person is to be made
 * @throws {FaceError} `invalidOption` with `personIds` when one is reused and several have the name;
 *   `personExists` with `personIds` when nobody of the name may be there
 */
export function choosePersonOfName(
  { name, ifExists = 'create' }: NewPerson,
  personIds: readonly string[],
): string | undefined {
  if (ifExists === 'create') return undefined
  if (ifExists === 'refuse') {
    if (personIds.length > 0) throw new FaceError('personExists', { info: { personIds } })
    return undefined
  }
  if (ifExists === 'reuse' && personIds.length > 1) {
    throw new FaceError('invalidOption', {
      detail: `ifExists: several persons are called ${JSON.stringify(name)}; give the id of one.`,
      info: { personIds },
    })
  }
  return personIds[0]
}
