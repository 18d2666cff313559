import { FaceError } from '../core/errors.ts'
import { createTurns } from '../core/turns.ts'
import type { Gallery } from '../gallery/gallery.ts'
import { toStoredName } from '../gallery/person-fields.ts'
import type { NewPersonInput } from './face-watcher.ts'

/** Makes persons by name, or finds those who are there. */
export interface PersonsByName {
  /**
   * Runs `use` with the id of the person of this name where the input reuses one and there is one,
   * otherwise with `undefined`. Calls for one name take turns, so that two at once make one person;
   * other processes are not waited for.
   *
   * @throws {FaceError} `invalidName`; `invalidOption` when several persons have the name
   */
  resolve<T>(
    collectionId: string,
    input: NewPersonInput,
    use: (personId: string | undefined) => Promise<T>,
  ): Promise<T>
}

/** Creates the turns of all use cases that make persons. */
export function createPersonsByName(gallery: Gallery): PersonsByName {
  const turns = createTurns()

  const find = async (collectionId: string, name: string): Promise<string | undefined> => {
    const { items } = await gallery.listPersons(collectionId, { exactName: name, limit: 2 })
    if (items.length > 1) {
      throw new FaceError('invalidOption', {
        detail: `ifExists: several persons are called ${JSON.stringify(name)}; give the id of one.`,
        info: { personIds: items.map(({ id }) => id) },
      })
    }
    return items[0]?.id
  }

  return {
    resolve(collectionId, { name: given, ifExists = 'create' }, use) {
      if (ifExists === 'create') return use(undefined)
      if (ifExists !== 'reuse') {
        const detail = `ifExists is "create" or "reuse", got ${JSON.stringify(ifExists)}.`
        throw new FaceError('invalidOption', { detail })
      }
      const name = toStoredName(given)
      return turns.run(`${collectionId}/${name}`, async () => use(await find(collectionId, name)))
    },
  }
}
