import { FaceError } from '../core/errors.ts'
import type { Gallery } from '../gallery/gallery.ts'
import { choosePersonOfName, namesakesRead } from '../gallery/person-by-name.ts'
import { toStoredName } from '../gallery/person-fields.ts'
import type { NewPersonInput } from './face-watcher.ts'

/**
 * The person whom an enrolment of `input` will find, as things are now. It tells which images the
 * person has, before they are analysed for nothing; the store looks again when it writes.
 *
 * @returns undefined when a person is to be made
 * @throws {FaceError} `invalidName`; `invalidOption` when `ifExists` is not one of its values, or
 *   several persons have the name and one was to be reused
 */
export async function findPersonByName(
  gallery: Gallery,
  collectionId: string,
  input: NewPersonInput,
): Promise<string | undefined> {
  const name = toStoredName(input.name)
  const { ifExists = 'create' } = input
  if (!['create', 'reuse', 'reuseFirst'].includes(ifExists)) {
    const detail = `ifExists is "create", "reuse" or "reuseFirst", got ${JSON.stringify(ifExists)}.`
    throw new FaceError('invalidOption', { detail })
  }
  if (ifExists === 'create') return undefined
  const page = { exactName: name, limit: namesakesRead }
  const { items } = await gallery.listPersons(collectionId, page)
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
