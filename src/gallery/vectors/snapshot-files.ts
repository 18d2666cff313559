import { open, readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FaceError } from '../../core/errors.ts'

/** Removes a snapshot with all that was kept beside it, and the folder when nothing else is in it. */
export async function removeSnapshot(path: string): Promise<void> {
  const folder = dirname(path)
  try {
    for (const name of await readdir(folder)) {
      if (name.startsWith(basename(path))) await rm(join(folder, name), { force: true })
    }
    await rmdir(folder)
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'ENOENT' && code !== 'ENOTEMPTY' && code !== 'EEXIST') throw toStoreError(error)
  }
}

/** Makes a rename durable. Windows cannot open a folder; its rename needs no such step. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The error of a snapshot that could not be changed: `storeFull`, `storeReadOnly`, else `internal`. */
export function toStoreError(error: unknown): FaceError {
  if (error instanceof FaceError) return error
  const code = codeOf(error)
  const detail = `The snapshot of the index could not be changed (${code ?? 'unknown'}).`
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new FaceError('storeFull', { detail, cause: error })
  }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return new FaceError('storeReadOnly', { detail, cause: error })
  }
  return new FaceError('internal', { detail, cause: error })
}

/** The system's code of an I/O error; undefined for what a check of the format threw. */
export function codeOf(error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  return error instanceof Error && 'syscall' in error ? code : undefined
}
