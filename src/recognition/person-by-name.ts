import { FaceError } from '../core/errors.ts'
import type { Gallery } from '../gallery/gallery.ts'
import { waysIfExists } from '../storage/ports/persons.ts'
import { choosePersonOfName, namesakesRead } from '../storage/rules/person-by-name.ts'
import { toStoredName } from '../storage/rules/person-fields.ts'
import type { NewPersonInput } from './face-watcher.ts'

/** @throws {FaceError} `invalidName`; `invalidOption` when `ifExists` is not one of its values */
export function assertNewPerson({ name, ifExists = 'create' }: NewPersonInput): void {
  toStoredName(name)
  if (waysIfExists.includes(ifExists)) return
  const allowed = waysIfExists.map((way) => JSON.stringify(way)).join(', ')
  const detail = `ifExists is one of ${allowed}, got ${JSON.stringify(ifExists)}.`
  throw new FaceError('invalidOption', { detail })
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
  input: NewPersonInput,
): Promise<string | undefined> {
  assertNewPerson(input)
  if ((input.ifExists ?? 'create') === 'create') return undefined
  const page = { exactName: toStoredName(input.name), limit: namesakesRead }
  const { items } = await gallery.persons.list(collectionId, page)
  return choosePersonOfName(
    input,
    items.map(({ id }) => id),
  )
}

/** Whether the error says that several persons have the name of whom one was to be reused. */
export function isAmbiguousName(error: unknown): error is FaceError {
  return (
    error instanceof FaceError &&
    error.code === 'invalidOption' &&
    'personIds' in (error.info ?? {})
  )
}
