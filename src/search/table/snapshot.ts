import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import { syncFolder, systemCodeOf } from '../../platform/disk.ts'
import { removeLeftovers, toStoreError, toTempPath } from './snapshot-files.ts'

/** Why a snapshot that exists was not used; `otherTarget`: it is of another dimension, or other options of its kind. */
export type SnapshotRejection = 'damaged' | 'otherVersion' | 'otherTarget' | 'unreadable'

export type SnapshotResult =
  | { readonly status: 'loaded'; readonly cursor: Cursor }
  | { readonly status: 'absent' }
  | { readonly status: 'rejected'; readonly reason: SnapshotRejection }

/**
 * Replaces the snapshot at `path`: a temporary file beside it, synced, renamed, the folder synced.
 * A failure leaves the file that was there, and no temporary file.
 *
 * @param write  writes the file, which may also be read
 * @throws {FaceError} `storeFull`, `storeReadOnly`; `internal` for other failures of the disk
 */
export async function writeSnapshot(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temp = toTempPath(path)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await removeLeftovers(path)
    const file = await open(temp, 'wx+', 0o600)
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temp, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temp, { force: true }).catch(() => undefined)
    throw toStoreError(error)
  }
}

/**
 * Reads a snapshot. A damaged file is removed; see [Note: Snapshot leftovers] in snapshot-files.ts.
 *
 * @param read  reads the file; what it throws, but for errors of the disk, says that it is damaged
 * @throws {FaceError} `overloaded` when there is no memory for the rows
 */
export async function readSnapshot(
  path: string,
  read: (file: FileHandle) => Promise<SnapshotResult>,
): Promise<SnapshotResult> {
  let result: SnapshotResult
  // What cannot be removed now is tried again when the snapshot is written.
  await removeLeftovers(path).catch(() => undefined)
  try {
    const file = await open(path, 'r')
    try {
      result = await read(file)
    } finally {
      await file.close()
    }
  } catch (error) {
    // No memory says nothing about the file.
    if (isFaceError(error, 'overloaded')) throw error
    if (systemCodeOf(error) === 'ENOENT') return { status: 'absent' }
    result = {
      status: 'rejected',
      reason: systemCodeOf(error) === undefined ? 'damaged' : 'unreadable',
    }
  }
  if (result.status === 'rejected' && result.reason === 'damaged') {
    await rm(path, { force: true }).catch(() => undefined)
  }
  return result
}
