import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { RowBatch, SnapshotSink } from './table.ts'

/** What stands before each chunk and behind the last, as three uint32. */
export interface Link {
  /** Of all that stands before. */
  readonly checksum: number
  /** Rows of the chunk that follows, 0 behind the last. */
  readonly rows: number
  readonly idBytes: number
}

/** Continues a checksum over what follows in the file. */
export function addToChecksum(checksum: number, parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => crc32(part, sum), checksum)
}

/** Reads a file from where it stands. */
export interface Reader {
  /** Bytes that may still be read. */
  readonly left: number
  /** Fills the parts, in one go where the system does so. */
  fill(parts: readonly Uint8Array[]): Promise<void>
  /** The next bytes; memory is taken only for what is there. */
  read(bytes: number): Promise<Uint8Array<ArrayBuffer>>
}

export async function createReader(file: FileHandle): Promise<Reader> {
  let left = (await file.stat()).size
  function assertLeft(bytes: number): void {
    if (bytes > left) throw new Error('The file is too short.')
  }
  async function fill(parts: readonly Uint8Array[]): Promise<void> {
    let rest = parts.filter((part) => part.length > 0)
    assertLeft(rest.reduce((sum, part) => sum + part.length, 0))
    while (rest.length > 0) {
      let { bytesRead } = await file.readv(rest)
      if (bytesRead === 0) throw new Error('The file is too short.')
      left -= bytesRead
      rest = rest.flatMap((part) => {
        const filled = Math.min(part.length, bytesRead)
        bytesRead -= filled
        return filled < part.length ? [part.subarray(filled)] : []
      })
    }
  }
  return {
    get left() {
      return left
    },
    fill,
    async read(bytes) {
      assertLeft(bytes)
      const out = new Uint8Array(bytes)
      await fill([out])
      return out
    },
  }
}

/** What a snapshot's header says of its chunks. */
export interface ChunkShape {
  readonly dimension: number
  /** Rows of all chunks. */
  readonly count: number
  /** Bytes of a row's code, 0 without codes. */
  readonly codeBytes: number
}

/** A chunk as it stands in the file, and the link behind it. */
interface Chunk {
  readonly rows: number
  readonly ids: Uint8Array<ArrayBuffer>
  readonly vectors: Float32Array<ArrayBuffer>
  readonly codes: Uint8Array<ArrayBuffer>
  readonly next: Link
}

/**
 * Gives the chunks of a snapshot after comparing the checksum of each. While one is worked on,
 * another thread reads the next, its vectors straight into their place where the sink has room:
 * first writes to new memory take longer than reading a cached file.
 *
 * @param link  the one before the first chunk
 * @throws {Error} when the file is damaged
 */
export async function* readChunks(
  reader: Reader,
  { dimension, count, codeBytes }: ChunkShape,
  { link, room }: { readonly link: Link; readonly room: SnapshotSink['room'] },
): AsyncGenerator<RowBatch> {
  let checksum = link.checksum
  let ahead: Promise<Chunk> | undefined
  try {
    let chunk: Chunk | undefined
    for (let from = 0; from < count; from += chunk.rows) {
      ahead = readChunk(from, chunk?.next ?? link)
      // It is awaited in any case; until then its failure is nobody's.
      ahead.catch(() => undefined)
      if (chunk !== undefined) yield toBatch(chunk)
      chunk = await ahead
    }
    if (chunk !== undefined) yield toBatch(chunk)
    const { rows, idBytes } = chunk?.next ?? link
    if (rows + idBytes + reader.left > 0) throw new Error('Something follows the last chunk.')
  } finally {
    // The file is closed next, and the memory may be given up.
    await ahead?.catch(() => undefined)
  }

  async function readChunk(from: number, { rows, idBytes }: Link): Promise<Chunk> {
    const bytes = idBytes + rows * (4 * dimension + codeBytes)
    // Before memory is taken, because the numbers may be damaged.
    if (rows < 1 || rows > count - from || bytes > reader.left) throw new Error('Impossible chunk.')
    const ids = new Uint8Array(idBytes)
    const vectors = room?.(from, rows) ?? new Float32Array(rows * dimension)
    const codes = new Uint8Array(rows * codeBytes)
    const next = new Uint32Array(3)
    await reader.fill([ids, toBytes(vectors), codes, toBytes(next)])
    return { rows, ids, vectors, codes, next: toLink(next) }
  }

  function toBatch({ rows, ids, vectors, codes, next }: Chunk): RowBatch {
    const lengths = toBytes(Uint32Array.of(rows, ids.length))
    checksum = addToChecksum(checksum, [lengths, ids, toBytes(vectors), codes])
    if (checksum !== next.checksum) throw new Error('The checksum of a chunk is another one.')
    const faceIds: unknown = JSON.parse(Buffer.from(ids.buffer).toString())
    if (!isStringArray(faceIds) || faceIds.length !== rows) throw new Error('Impossible ids.')
    return { faceIds, vectors, ...(codeBytes > 0 && { codes }) }
  }
}

/** @param words  three, as they stand in the file */
export function toLink(words: Uint32Array): Link {
  const [checksum, rows, idBytes] = words as unknown as [number, number, number]
  return { checksum, rows, idBytes }
}

/** The bytes of numbers. */
export function toBytes(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
