import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf, isLeftover, toStoreError } from './snapshot-files.ts'

/**
 * Removes the snapshots that other kinds of index left in `<directory>/<collectionId>/`, and what is
 * left beside those of this kind; see [Note: Snapshot leftovers]. Nobody follows the deletions in
 * them, so they would keep embeddings of people who were erased since.
 *
 * @param kind  in use; its own snapshots stay. Undefined where none are kept: then none stays
 * @throws {FaceError} `storeReadOnly`, `internal`
 */
export async function removeSnapshotsOfOtherKinds(
  directory: string,
  kind: string | undefined,
): Promise<void> {
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const [owner, type] = entry.name.split('.')
      if (!entry.isFile() || type !== 'snapshot') continue
      const file = join(entry.parentPath, entry.name)
      if (owner !== kind || (await isLeftover(file))) await rm(file, { force: true })
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw toStoreError(error)
  }
}
