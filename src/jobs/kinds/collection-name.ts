import { FaceError } from '../../core/errors.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import { eachPage } from '../../storage/iterate.ts'

/**
 * The name that a job's collection has now: it may have been renamed since the job was made.
 *
 * @throws {FaceError} `collectionNotFound`
 */
export async function findCollectionName(
  { collections }: Pick<FaceWatcher, 'collections'>,
  id: string | undefined,
): Promise<string> {
  for await (const page of eachPage((options) => collections.list(options), { limit: 1000 })) {
    const found = page.find((collection) => collection.id === id)
    if (found !== undefined) return found.name
  }
  throw new FaceError('collectionNotFound')
}
