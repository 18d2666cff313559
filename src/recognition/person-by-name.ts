import { FaceError } from '../core/errors.ts'
import type { Gallery } from '../gallery/gallery.ts'
import type { NewPerson, PersonListOptions } from '../storage/ports/persons.ts'
import {
  assertWays,
  choosePerson,
  mayMeanSomebody,
  namesakesRead,
} from '../storage/rules/person-by-name.ts'
import { toStoredExternalId, toStoredName } from '../storage/rules/person-fields.ts'

/** @throws {FaceError} `invalidName`; `invalidOption` for another field that is not valid */
export function assertNewPerson(input: NewPerson): void {
  assertWays(input)
  toStoredName(input.name)
  if (input.externalId !== undefined) toStoredExternalId(input.externalId)
}

/**
 * The person whom an enrolment of `input` will find, as things are now. It tells which images the
 * person has, before they are analysed for nothing; the store looks again when it writes.
 *
 * @returns undefined when a person is to be made
 * @throws {FaceError} as {@link assertNewPerson}; `invalidOption` when several persons have the name
 *   and one was to be reused; `personExists`
 */
export async function findPersonByName(
  gallery: Gallery,
  collectionId: string,
  input: NewPerson,
): Promise<string | undefined> {
  assertNewPerson(input)
  if (!mayMeanSomebody(input)) return undefined
  const { externalId } = input
  const list = (of: PersonListOptions) => gallery.persons.list(collectionId, of)
  const [owners, namesakes] = await Promise.all([
    externalId === undefined ? undefined : list({ externalId, limit: 1 }),
    list({ exactName: toStoredName(input.name) }),
  ])
  const ofName = namesakes.items
    .filter((person) => externalId === undefined || person.externalId === undefined)
    .map(({ id }) => id)
    .slice(0, namesakesRead)
  return choosePerson(input, { ofExternalId: owners?.items[0]?.id, ofName })
}

/** Whether the error says that several persons have the name of whom one was to be reused. */
export function isAmbiguousName(error: unknown): error is FaceError {
  return (
    error instanceof FaceError &&
    error.code === 'invalidOption' &&
    'personIds' in (error.info ?? {})
  )
}
