import { open } from 'node:fs/promises'

/** Why the disk refused a write: there is no room for it, or it may not be written. */
export type DiskRefusal = 'full' | 'readOnly'

const refusals: ReadonlyMap<string | undefined, DiskRefusal> = new Map([
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'readOnly'],
  ['EACCES', 'readOnly'],
  ['EPERM', 'readOnly'],
])

/** @returns `undefined` for any other failure, and for what is no error of the file system */
export function toDiskRefusal(error: unknown): DiskRefusal | undefined {
  return refusals.get(systemCodeOf(error))
}

/** The code of a system call that failed, such as `ENOENT`; `undefined` for any other error. */
export function systemCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined
  return (error as NodeJS.ErrnoException).code
}

/**
 * Makes the names in a folder durable, after a file was made, renamed or removed in it. Windows
 * cannot open a folder; its renames need no such step.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
