import { FaceError } from '../../core/errors.ts'
import { maxPartBytes } from '../../storage/rules/jobs.ts'

/** A file that was kept with a job, read from anywhere in it. */
export interface ArchiveFile {
  readonly size: number
  /** The bytes from `start` to `end`, in pieces of a part at most. */
  read(start: number, end: number): AsyncGenerator<Uint8Array, void>
}

/**
 * Parts that are remembered. A zip is read at two places at a time: in the list at its end, and among
 * its files, of which several that are read at once may lie in two parts.
 */
const rememberedParts = 3

/**
 * The file whose parts a job keeps: all but the last have {@link maxPartBytes}. The parts that were read
 * last are remembered, as archives are read from many places near each other.
 */
export function createArchiveFile(
  size: number,
  getPart: (part: number) => Promise<Uint8Array | undefined>,
): ArchiveFile {
  // That used longest ago first.
  const parts = new Map<number, Promise<Uint8Array>>()

  async function load(part: number): Promise<Uint8Array> {
    const bytes = await getPart(part).catch((error: unknown) => {
      // The next attempt asks again.
      parts.delete(part)
      throw error
    })
    const expected = Math.min(maxPartBytes, size - part * maxPartBytes)
    if (bytes?.length === expected) return bytes
    throw new FaceError('storeCorrupt', { detail: 'A part of the uploaded file is not there.' })
  }

  function remember(part: number): Promise<Uint8Array> {
    const bytes = parts.get(part) ?? load(part)
    parts.delete(part)
    parts.set(part, bytes)
    const [oldest] = parts.keys()
    if (parts.size > rememberedParts && oldest !== undefined) parts.delete(oldest)
    return bytes
  }

  return {
    size,
    async *read(start, end) {
      for (let at = start; at < Math.min(end, size); ) {
        const part = Math.floor(at / maxPartBytes)
        const bytes = await remember(part)
        const from = at - part * maxPartBytes
        const piece = bytes.subarray(from, Math.min(bytes.length, end - part * maxPartBytes))
        at += piece.length
        yield piece
      }
    },
  }
}

/** The bytes of a piece of the file in one array. */
export async function readAll(file: ArchiveFile, start: number, end: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of file.read(start, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}
