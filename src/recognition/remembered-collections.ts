import { isDeepStrictEqual } from 'node:util'
import type { Gallery } from '../gallery/gallery.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { toSwitched } from '../storage/rules/second-models.ts'

/** Whether a collection's model is the second one now, and nothing else has changed. */
export function isSwitchedFrom(was: Collection, current: Collection): boolean {
  const before = toSwitched(current)
  return before !== undefined && isDeepStrictEqual(toAnswering(before), toAnswering(was))
}

function toAnswering({ second: _, ...answering }: Collection): Omit<Collection, 'second'> {
  return answering
}

/** Collections that are remembered. */
const maxRemembered = 1000

/** Collections as they were last read, by name. */
export interface CollectionMemory {
  recall(name: string): Collection | undefined
  /** @throws {FaceError} `collectionNotFound` */
  read(name: string): Promise<Collection>
  remember(collection: Collection): void
}

/** Creates the memory. @param known  what is remembered, by name; whoever changes a collection may take it out */
export function createCollectionMemory(
  gallery: Pick<Gallery, 'collections'>,
  known: Map<string, Collection>,
): CollectionMemory {
  function remember(collection: Collection): void {
    if (known.size >= maxRemembered) known.clear()
    known.set(collection.name, collection)
  }

  return {
    remember,
    recall: (name) => known.get(name),
    async read(name) {
      try {
        const collection = await gallery.collections.get(name)
        remember(collection)
        return collection
      } catch (error) {
        known.delete(name)
        throw error
      }
    },
  }
}
