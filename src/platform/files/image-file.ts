import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { FaceError } from '../../core/errors.ts'

/** A file that cannot be read; `code` is the system's, or one of {@link notFileCodes}. */
type ReadError = NodeJS.ErrnoException

/** Codes of what is no file, where the system has none. */
const notFileCodes = { pipe: 'NOTFILE_PIPE', socket: 'NOTFILE_SOCKET', device: 'NOTFILE_DEVICE' }

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'the system does not allow it',
  EEXIST: 'it is there already',
  EISDIR: 'it is a folder where a file is expected',
  ENOTDIR: 'part of the path is not a folder',
  ELOOP: 'its links lead in a circle',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
  [notFileCodes.pipe]: 'it is a pipe, not a file',
  [notFileCodes.socket]: 'it is a socket, not a file',
  [notFileCodes.device]: 'it is a device, not a file',
}

/** What a file system's error says to people: the end of a sentence, without the path. */
export function explainFileError(path: string, error: unknown): string {
  const { code } = error as ReadError
  if (code === 'ENOENT' && path.includes('\u{FFFD}')) return 'its name is not UTF-8'
  const known = code === undefined ? undefined : reasons[code]
  return known ?? `it cannot be used (${code ?? String(error)})`
}

/**
 * Reads the file of an image.
 *
 * @param maxImageBytes  of a larger one little more than this is read
 * @returns bytes with a buffer of their own, which the analyzer can take over
 * @throws {FaceError} `imageTooLarge`
 * @throws a system error, which {@link explainFileError} explains, when it cannot be read or is no file:
 *   a folder, a pipe, a socket, a device
 */
export async function readImageFile(
  path: string,
  maxImageBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  // Looked at before it is opened: opening can act on a device, or wait for a pipe's other end.
  assertFile(await stat(path))
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = await handle.stat()
    assertFile(stats)
    if (stats.size > maxImageBytes) throw imageTooLarge(stats.size, maxImageBytes)
    return await readBounded(handle, stats.size, maxImageBytes)
  } finally {
    await handle.close()
  }
}

/** @param size  bytes, or what else to say of them */
export function imageTooLarge(size: number | string, maxImageBytes: number): FaceError {
  return new FaceError('imageTooLarge', {
    detail: `${size} bytes, at most ${maxImageBytes} are allowed (limits.maxImageBytes).`,
  })
}

function assertFile(stats: Stats): void {
  if (stats.isFile()) return
  const code = stats.isDirectory()
    ? 'EISDIR'
    : stats.isFIFO()
      ? notFileCodes.pipe
      : stats.isSocket()
        ? notFileCodes.socket
        : notFileCodes.device
  throw Object.assign(new Error(reasons[code]), { code })
}

/** For what a file holds beyond the size that it tells; some system files tell 0. */
const spareBytes = 65_536

async function readBounded(
  handle: FileHandle,
  size: number,
  maxImageBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(size)
  let filled = 0
  for (;;) {
    const isFull = filled === bytes.length
    const into = isFull ? new Uint8Array(spareBytes) : bytes
    const at = isFull ? 0 : filled
    const { bytesRead } = await handle.read(into, at, into.length - at)
    if (bytesRead === 0) return filled === bytes.length ? bytes : bytes.slice(0, filled)
    if (isFull) {
      const grown = new Uint8Array(filled + bytesRead)
      grown.set(bytes)
      grown.set(into.subarray(0, bytesRead), filled)
      bytes = grown
    }
    filled += bytesRead
    if (filled > maxImageBytes) throw imageTooLarge(filled, maxImageBytes)
  }
}
