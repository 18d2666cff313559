import { FaceError } from '../core/errors.ts'
import type { Collection, CollectionStore } from '../storage/ports/collections.ts'

/**
 * Collections as a caller sees them who may work on some only. Every use case finds a collection by
 * its name here, so none gets beyond them. A later collection of the same name has another id and is
 * not reached, and a collection that is not there is refused like one that is another's.
 *
 * @param ids  of the collections that are reached
 */
export function limitCollections(
  collections: CollectionStore,
  ids: readonly string[],
): CollectionStore {
  const reached = new Set(ids)

  async function get(name: string): Promise<Collection> {
    const collection = await collections.get(name).catch((error: unknown) => {
      if (error instanceof FaceError && error.code === 'collectionNotFound') return undefined
      throw error
    })
    if (collection !== undefined && reached.has(collection.id)) return collection
    throw refusal()
  }

  return {
    get,
    async create() {
      throw refusal()
    },
    async list(options) {
      const page = await collections.list(options)
      return { ...page, items: page.items.filter(({ id }) => reached.has(id)) }
    },
    async update(was, patch) {
      await get(was.name)
      return collections.update(was, patch)
    },
    async delete(name, onlyIfEmpty) {
      await get(name)
      await collections.delete(name, onlyIfEmpty)
    },
    counts: (collectionId) => collections.counts(collectionId),
    totals: () => collections.totals(),
  }
}

function refusal(): FaceError {
  return new FaceError('forbidden', { detail: 'The API key is not for this collection.' })
}
