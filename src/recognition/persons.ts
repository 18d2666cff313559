import type { Gallery } from '../gallery/gallery.ts'
import { changePersons } from './bulk-persons.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { assertNewPerson } from './person-by-name.ts'

/** Creates the use cases about the people of collections. */
export function createPersons(gallery: Gallery): FaceWatcher['persons'] {
  const idOf = async (name: string): Promise<string> => (await gallery.collections.get(name)).id
  return {
    create: async (collection, input) => {
      const id = await idOf(collection)
      assertNewPerson(input)
      return gallery.persons.create(id, input)
    },
    get: async (collection, id) => gallery.persons.get(await idOf(collection), id),
    list: async (collection, options) => gallery.persons.list(await idOf(collection), options),
    update: async (collection, id, patch, condition) =>
      gallery.persons.update(await idOf(collection), id, patch, condition),
    delete: async (collection, id, condition) =>
      gallery.persons.delete(await idOf(collection), id, condition),
    bulk: async (collection, entries, { dryRun = false } = {}) =>
      changePersons(gallery.persons, await idOf(collection), { entries, dryRun }),
  }
}
