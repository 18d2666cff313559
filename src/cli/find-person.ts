import { FaceError, isFaceError } from '../core/errors.ts'
import type { FaceWatcher } from '../recognition/face-watcher.ts'
import type { Person } from '../storage/ports/persons.ts'
import { UsageError } from './failures.ts'

/** Ids named in a message. */
const maxNamed = 10

/**
 * The person that was named on the command line: by id, or by a name that exactly one person has.
 * An id counts first.
 *
 * @throws {FaceError} `personNotFound` when nobody has this id or name
 * @throws {UsageError} when several persons have the name; it lists their ids
 */
export async function findPerson(
  { persons }: Pick<FaceWatcher, 'persons'>,
  collection: string,
  idOrName: string,
): Promise<Person> {
  try {
    return await persons.get(collection, idOrName)
  } catch (error) {
    if (!isFaceError(error, 'personNotFound')) throw error
  }
  const page = { exactName: idOrName, limit: maxNamed + 1 }
  const { items } = await persons.list(collection, page)
  const [person, ...others] = items
  if (person === undefined) {
    throw new FaceError('personNotFound', {
      detail: `Nobody in ${collection} has the id or the name ${JSON.stringify(idOrName)}.`,
    })
  }
  if (others.length === 0) return person
  const ids = items.slice(0, maxNamed).map(({ id }) => id)
  const more = items.length > maxNamed ? ', ...' : ''
  throw new UsageError(
    `Several persons in ${collection} have the name ${JSON.stringify(person.name)}: ${ids.join(', ')}${more}. Give the id of one.`,
  )
}

/** What a person is called in help texts. */
export const personHelp = 'id of a person, or a name that one person has'
