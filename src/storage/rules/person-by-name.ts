import { FaceError } from '../../core/errors.ts'
import { type NewPerson, waysIfExists, waysOnAmbiguous } from '../ports/persons.ts'

/** How many persons of a name have to be read to choose one, oldest first. */
export const namesakesRead = 2

/** Who may be meant by a {@link NewPerson}. */
export interface Namesakes {
  /** Who has the external id, if one was given. */
  readonly ofExternalId: string | undefined
  /**
   * Persons of exactly this name, oldest first, at least {@link namesakesRead} of them where there are
   * so many; where an external id was given, only those without any.
   */
  readonly ofName: readonly string[]
}

/**
 * Chooses the person who is meant: the one of the external id, else the one of the name.
 *
 * @returns undefined when a person is to be made
 * @throws {FaceError} `invalidOption` with `personIds` when one is reused and several have the name;
 *   `personExists` with `personIds` when nobody may be there; `externalIdTaken` when another is to be
 *   made
 */
export function choosePerson(
  { name, ifExists = 'create', onAmbiguous = 'reject' }: NewPerson,
  { ofExternalId, ofName }: Namesakes,
): string | undefined {
  if (ifExists === 'create') {
    if (ofExternalId !== undefined) throw externalIdTaken(ofExternalId)
    return undefined
  }
  if (ifExists === 'refuse') {
    const personIds = ofExternalId === undefined ? ofName : [ofExternalId]
    if (personIds.length > 0) throw new FaceError('personExists', { info: { personIds } })
    return undefined
  }
  if (ofExternalId !== undefined) return ofExternalId
  if (ofName.length > 1 && onAmbiguous === 'reject') {
    throw new FaceError('invalidOption', {
      detail: `ifExists: several persons are called ${JSON.stringify(name)}; give the id of one, or onAmbiguous.`,
      info: { personIds: ofName },
    })
  }
  return ofName.length > 1 && onAmbiguous === 'new' ? undefined : ofName[0]
}

/** Whether somebody who is there may be meant, and has to be looked for. */
export function mayMeanSomebody({ ifExists = 'create', externalId }: NewPerson): boolean {
  return ifExists !== 'create' || externalId !== undefined
}

/** @throws {FaceError} `invalidOption` when `ifExists` or `onAmbiguous` is not one of its values */
export function assertWays({ ifExists, onAmbiguous }: NewPerson): void {
  assertOneOf('ifExists', waysIfExists, ifExists)
  assertOneOf('onAmbiguous', waysOnAmbiguous, onAmbiguous)
}

/** @throws {FaceError} `invalidOption` when the value is given and not among those allowed */
export function assertOneOf(option: string, allowed: readonly string[], value: unknown): void {
  if (value === undefined || allowed.includes(value as string)) return
  const named = allowed.map((it) => JSON.stringify(it)).join(', ')
  throw new FaceError('invalidOption', {
    detail: `${option} is one of ${named}, got ${JSON.stringify(value)?.slice(0, 100)}.`,
  })
}

/** @param personId  who has it */
export function externalIdTaken(personId: string): FaceError {
  return new FaceError('externalIdTaken', { info: { personId } })
}
