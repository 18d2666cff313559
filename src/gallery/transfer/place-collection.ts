import { isFaceError } from '../../core/errors.ts'
import type { Collection, GalleryStore } from '../store.ts'

/**
 * Restores a collection. Another one of its name that has nobody makes way: a program's first start
 * creates `default`, which cannot be deleted by hand.
 *
 * @throws {FaceError} `collectionExists` when another collection of this name or id has persons
 */
export async function placeCollection(store: GalleryStore, collection: Collection): Promise<void> {
  try {
    await store.restoreCollection(collection)
  } catch (error) {
    if (!isFaceError(error, 'collectionExists')) throw error
    if (!(await isEmptyNamesake(store, collection))) throw error
    await store.deleteCollection(collection.name)
    await store.restoreCollection(collection)
  }
}

async function isEmptyNamesake(store: GalleryStore, { id, name }: Collection): Promise<boolean> {
  const found = await store.getCollection(name).catch((error: unknown) => {
    if (isFaceError(error, 'collectionNotFound')) return undefined
    throw error
  })
  if (found === undefined || found.id === id) return false
  const { persons, faces } = await store.counts(found.id)
  return persons === 0 && faces === 0
}
