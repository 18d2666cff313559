import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, toStoreError } from './snapshot-files.ts'

/**
 * Removes the snapshots that other kinds of index left in `<directory>/<collectionId>/`. Nobody
 * follows the deletions in them, so they would keep embeddings of people who were erased since.
 *
 * @param kind  in use; its own snapshots stay
 * @throws {FaceError} `storeReadOnly`, `internal`
 */
export async function removeSnapshotsOfOtherKinds(directory: string, kind: string): Promise<void> {
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const [owner, type] = entry.name.split('.')
      if (!entry.isFile() || type !== 'snapshot' || owner === kind) continue
      await rm(join(entry.parentPath, entry.name), { force: true })
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw toStoreError(error)
  }
}
