import { randomUUID } from 'node:crypto'
import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FaceError } from '../../core/errors.ts'
import { systemCodeOf, toDiskRefusal } from '../../platform/disk.ts'

// [Note: Snapshot leftovers]
// A snapshot holds embeddings in the clear, and nobody follows the deletions in a copy of it. So
// nothing stays beside the one in use: a damaged snapshot is removed, as the index is built from the
// store again, and so is what a killed process was writing. Its file names the process, because
// another one that is alive, such as a command beside the server, may be writing at the same time.

/** Where the snapshot of a collection's index stands. @param directory  of all snapshots */
export function toSnapshotPath(directory: string, collectionId: string, kind: string): string {
  return join(directory, collectionId, `${kind}.snapshot`)
}

/** A writer changes its file all the time, save for the last flush to a slow disk. */
const deadAfterMs = 600_000

/** Where the next snapshot of `path` is written before it takes its place; another one each time. */
export function toTempPath(path: string): string {
  return `${path}.${process.pid}.${randomUUID()}.tmp`
}

/**
 * Removes what is left beside the snapshot at `path`; see [Note: Snapshot leftovers]. This process
 * must not be writing it. A folder or file that is gone is no trouble.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path)
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return []
    throw error
  })
  for (const name of names) {
    if (!name.startsWith(`${basename(path)}.`)) continue
    const file = join(folder, name)
    if (await isLeftover(file)) await rm(file, { force: true })
  }
}

/** Whether a file is a damaged snapshot that an earlier version kept, or one that a dead process was writing. */
export async function isLeftover(file: string): Promise<boolean> {
  if (file.endsWith('.snapshot.corrupt')) return true
  if (!file.endsWith('.tmp')) return false
  const [, pid] = /\.snapshot\.(\d+)\.[\w-]+\.tmp$/.exec(file) ?? []
  if (pid !== undefined && !isAnotherProcess(Number(pid))) return true
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > deadAfterMs,
    // Renamed into place meanwhile.
    () => false,
  )
}

/** A container gives its only process the same number at each start, so this one's own is a dead one's. */
function isAnotherProcess(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH'
  }
}

/** Removes a snapshot with all that was kept beside it, and the folder when nothing else is in it. */
export async function removeSnapshot(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    for (const name of await readdir(folder)) {
      if (name.startsWith(basename(path))) await rm(join(folder, name), { force: true })
    }
    await rmdir(folder)
  } catch (error) {
    const code = systemCodeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw toStoreError(error)
  }
}

const codeOfRefusal = { full: 'storeFull', readOnly: 'storeReadOnly' } as const

/** The error of a snapshot that could not be changed: `storeFull`, `storeReadOnly`, else `internal`. */
export function toStoreError(error: unknown): FaceError {
  if (error instanceof FaceError) return error
  const detail = `The snapshot of the index could not be changed (${systemCodeOf(error) ?? 'unknown'}).`
  const refusal = toDiskRefusal(error)
  return new FaceError(refusal === undefined ? 'internal' : codeOfRefusal[refusal], {
    detail,
    cause: error,
  })
}
