import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { FaceError } from '../core/errors.ts'
import { FileError, toFileError, UsageError } from './failures.ts'

/** In the place of a path: standard input. A file of this name is `./-`. */
export const standardInput = '-'

export interface LoadedImage {
  readonly fileName: string
  readonly bytes: Uint8Array
}

/**
 * Reads an image file, or standard input for {@link standardInput}.
 *
 * @param maxImageBytes  of a larger image little more than this is read
 * @throws {FileError} when it cannot be read or is no file: a pipe, a socket, a device
 * @throws {FaceError} `imageTooLarge`
 */
export async function loadImageFile(path: string, maxImageBytes: number): Promise<LoadedImage> {
  if (path === standardInput) return loadStandardInput(process.stdin, maxImageBytes)
  try {
    // Looked at before it is opened: opening can act on a device, or wait for a pipe's other end.
    assertFile(path, await stat(path))
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const stats = await handle.stat()
      assertFile(path, stats)
      if (stats.size > maxImageBytes) throw tooLarge(stats.size, maxImageBytes)
      const bytes = await readBounded(handle, stats.size, maxImageBytes)
      return { fileName: basename(path), bytes }
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (error instanceof FaceError || error instanceof FileError) throw error
    throw toFileError(path, error)
  }
}

/**
 * Reads an image from a stream, such as standard input.
 *
 * @throws {FileError} when it cannot be read
 * @throws {FaceError} `imageTooLarge`, as soon as there are more bytes
 */
export async function loadStandardInput(
  stream: AsyncIterable<Uint8Array>,
  maxImageBytes: number,
): Promise<LoadedImage> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      size += chunk.byteLength
      if (size > maxImageBytes) throw tooLarge(`More than ${maxImageBytes}`, maxImageBytes)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof FaceError) throw error
    throw toFileError('standard input', error)
  }
  const bytes = new Uint8Array(size)
  let filled = 0
  for (const chunk of chunks) {
    bytes.set(chunk, filled)
    filled += chunk.byteLength
  }
  return { fileName: standardInput, bytes }
}

/** @throws {UsageError} when standard input is named more than once: it can be read only once */
export function assertOneStandardInput(paths: readonly (string | undefined)[]): void {
  if (paths.filter((path) => path === standardInput).length < 2) return
  throw new UsageError('"-" is standard input, and can be given once.')
}

function assertFile(path: string, stats: Stats): void {
  if (stats.isFile()) return
  const kind = stats.isDirectory()
    ? 'it is a folder where a file is expected'
    : stats.isFIFO()
      ? 'it is a pipe, not a file'
      : stats.isSocket()
        ? 'it is a socket, not a file'
        : 'it is a device, not a file'
  throw new FileError(path, kind)
}

function tooLarge(size: number | string, maxImageBytes: number): FaceError {
  return new FaceError('imageTooLarge', {
    detail: `${size} bytes, at most ${maxImageBytes} are allowed (limits.maxImageBytes).`,
  })
}

/** For what a file holds beyond the size that it tells; some system files tell 0. */
const spareBytes = 65_536

/** @returns bytes with a buffer of their own, which the analyzer can take over */
async function readBounded(
  handle: FileHandle,
  size: number,
  maxImageBytes: number,
): Promise<Uint8Array> {
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
    if (filled > maxImageBytes) throw tooLarge(filled, maxImageBytes)
  }
}
