import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { systemCodeOf } from '../../platform/disk.ts'
import { isLeftover, removeSnapshot, toStoreError } from './snapshot-files.ts'

/**
 * Removes the snapshots that other kinds of index left in `<directory>/<collectionId>/`, and what is
 * left beside those of this kind; see [Note: Snapshot leftovers] in snapshot-files.ts. Nobody
 * follows the deletions in them, so they would keep embeddings of people who were erased since.
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
    if (systemCodeOf(error) !== 'ENOENT') throw toStoreError(error)
  }
}

/**
 * Removes the snapshots in `<directory>/<collectionId>/` of collections that are not among these.
 *
 * @throws {FaceError} `storeReadOnly`, `internal`
 */
export async function removeSnapshotsOfOtherCollections(
  directory: string,
  collectionIds: ReadonlySet<string>,
): Promise<void> {
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.snapshot')) continue
      if (collectionIds.has(basename(entry.parentPath))) continue
      await removeSnapshot(join(entry.parentPath, entry.name))
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw toStoreError(error)
  }
}
