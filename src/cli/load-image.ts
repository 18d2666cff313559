import { basename } from 'node:path'
import { FaceError } from '../core/errors.ts'
import { imageTooLarge, readImageFile } from '../platform/files/image-file.ts'
import { toFileError, UsageError } from './failures.ts'

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
    return { fileName: basename(path), bytes: await readImageFile(path, maxImageBytes) }
  } catch (error) {
    if (error instanceof FaceError) throw error
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
      if (size > maxImageBytes) throw imageTooLarge(`More than ${maxImageBytes}`, maxImageBytes)
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
