import { type ChangedPersons, changePersons } from './bulk-persons.ts'
import { createIdOf } from './collection-id.ts'
import { withdrawConsent } from './consent.ts'
import type { FaceWatcher } from './face-watcher.ts'
import type { CorrectionDependencies, Corrections } from './history.ts'
import { assertNewPerson } from './person-by-name.ts'

/** Creates the use cases about the people of collections, but for those of {@link Corrections}. */
export function createPersons({
  gallery,
  undoable = true,
}: CorrectionDependencies): Omit<FaceWatcher['persons'], keyof Corrections['persons']> {
  const persons: ChangedPersons = {
    ...gallery.persons,
    delete: (collectionId, id, { erase, ...condition } = {}) =>
      gallery.persons.delete(collectionId, id, {
        ...condition,
        undoable: undoable && erase !== 'now',
      }),
    update: (collectionId, id, patch, condition) =>
      gallery.persons.update(collectionId, id, patch, { ...condition, undoable }),
  }
  const idOf = createIdOf(gallery)
  return {
    create: async (collection, input) => {
      const id = await idOf(collection)
      assertNewPerson(input)
      return gallery.persons.create(id, input)
    },
    get: async (collection, id) => gallery.persons.get(await idOf(collection), id),
    list: async (collection, options) => gallery.persons.list(await idOf(collection), options),
    update: async (collection, id, patch, condition) =>
      persons.update(await idOf(collection), id, patch, condition),
    withdrawConsent: async (collection, personId, options) =>
      withdrawConsent(persons, await idOf(collection), { personId, ...options }),
    bulk: async (collection, entries, { dryRun = false } = {}) =>
      changePersons(persons, await idOf(collection), { entries, dryRun }),
  }
}
