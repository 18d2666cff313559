import { isFaceError } from '../core/errors.ts'
import type { Database } from '../storage/database.ts'
import type { MovedCollection } from '../storage/ports/transfer.ts'

/**
 * Restores a collection. Another one of its name that has nobody makes way: a program's first start
 * creates `default`, which cannot be deleted by hand.
 *
 * @throws {FaceError} `collectionExists` when another collection of this name or id has persons
 */
export async function placeCollection(store: Database, collection: MovedCollection): Promise<void> {
  try {
    await store.transfer.restoreCollection(collection)
  } catch (error) {
    if (!isFaceError(error, 'collectionExists')) throw error
    const { id } = await store.collections.get(collection.name).catch((missing: unknown) => {
      // It is the id that is there, or the namesake has just been deleted.
      throw isFaceError(missing, 'collectionNotFound') ? error : missing
    })
    if (id === collection.id) throw error
    // Looks and removes at once, so that nobody is enrolled in between and lost.
    await store.collections.delete(collection.name, id)
    await store.transfer.restoreCollection(collection)
  }
}
