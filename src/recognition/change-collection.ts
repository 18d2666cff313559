import type { Gallery } from '../gallery/gallery.ts'
import type { Collection } from '../storage/ports/collections.ts'

/**
 * Changes a collection as it is now. Where somebody else changes it meanwhile, their change stays, and this
 * one is put upon it.
 *
 * @param change  answers the changed collection, or `undefined` where it is another than was read by now
 * @throws {FaceError} `collectionNotFound`, and what `change` throws
 */
export async function changeCollection(
  { collections }: Pick<Gallery, 'collections'>,
  name: string,
  change: (was: Collection) => Promise<Collection | undefined>,
): Promise<Collection> {
  for (;;) {
    const now = await change(await collections.get(name))
    if (now !== undefined) return now
  }
}
