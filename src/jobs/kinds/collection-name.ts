import { FaceError } from '../../core/errors.ts'
import type { FaceWatcher } from '../../recognition/face-watcher.ts'
import { findCollectionById } from '../../storage/iterate.ts'

/**
 * The name that a job's collection has now: it may have been renamed since the job was made.
 *
 * @throws {FaceError} `collectionNotFound`
 */
export async function findCollectionName(
  faceWatcher: Pick<FaceWatcher, 'collections'>,
  id: string | undefined,
): Promise<string> {
  const collection = id === undefined ? undefined : await findCollectionById(faceWatcher, id)
  if (collection === undefined) throw new FaceError('collectionNotFound')
  return collection.name
}
