import { createHash, randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { endianness } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../store.ts'
import { codeOf, syncFolder, toStoreError } from './snapshot-files.ts'
import type { Attachment, FrozenRows, SnapshotSink } from './table.ts'

/*
 * [Note: Index snapshot]
 * magic, uint32 length of the header, header (JSON), the bytes that the kind attached (as many as
 * the header says), then chunks until `count` rows have come: uint32 rows, uint32 bytes of ids, ids
 * (JSON array), rows x dimension float32, rows x codeBytes. The last 32 bytes are the SHA-256 of
 * all before. Numbers are in the byte order that the header names. A file
 * that does not fit in any way is not used: the index is a cache and can be rebuilt.
 */
const formatVersion = 1
const digestBytes = 32
const maxHeaderBytes = 65_536
/** A chunk is copied at once while searches wait: 2 MiB of 512-D rows. */
const chunkRows = 1024
/** Temporary files of a process that was killed are removed after this. */
const staleTempMs = 3_600_000

interface SnapshotHeader {
  readonly kind: string
  readonly version: number
  readonly byteOrder: string
  readonly dimension: number
  readonly count: number
  readonly cursor: Cursor
  readonly attachment?: Pick<Attachment, 'facts' | 'codeBytes'> & { readonly bytes: number }
}

/** Why a snapshot that exists was not used. */
export type SnapshotRejection = 'damaged' | 'otherVersion' | 'otherDimension' | 'unreadable'

export type SnapshotResult =
  | { readonly status: 'loaded'; readonly cursor: Cursor }
  | { readonly status: 'absent' }
  | { readonly status: 'rejected'; readonly reason: SnapshotRejection }

/** What a snapshot must be of to be used. */
export interface SnapshotIdentity {
  readonly kind: string
  readonly dimension: number
}

/**
 * Writes rows and cursor to `path`: a temporary file beside it, synced, renamed, the folder synced.
 * A failure leaves the file that was there, and no temporary file.
 *
 * @throws {FaceError} `storeFull`, `storeReadOnly`; `internal` for other failures of the disk
 */
export async function writeSnapshot(
  path: string,
  rows: FrozenRows,
  options: SnapshotIdentity & { readonly cursor: Cursor },
): Promise<void> {
  const temp = `${path}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await removeStaleTemps(path)
    const file = await open(temp, 'wx', 0o600)
    try {
      await writeAll(file, rows, options)
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
 * Reads a snapshot. Its parts go to `sink` before the checksum is known, so the caller drops them
 * unless the result is `loaded`. A damaged file is renamed to `<path>.corrupt`.
 *
 * @throws {FaceError} `overloaded` when there is no memory for the rows
 */
export async function readSnapshot(
  path: string,
  identity: SnapshotIdentity,
  sink: SnapshotSink,
): Promise<SnapshotResult> {
  let result: SnapshotResult
  try {
    const file = await open(path, 'r')
    try {
      result = await readAll(file, identity, sink)
    } finally {
      await file.close()
    }
  } catch (error) {
    // No memory says nothing about the file.
    if (isFaceError(error, 'overloaded')) throw error
    if (codeOf(error) === 'ENOENT') return { status: 'absent' }
    result = {
      status: 'rejected',
      reason: codeOf(error) === undefined ? 'damaged' : 'unreadable',
    }
  }
  if (result.status === 'rejected' && result.reason === 'damaged') {
    await rename(path, `${path}.corrupt`).catch(() => undefined)
  }
  return result
}

async function writeAll(
  file: FileHandle,
  rows: FrozenRows,
  { kind, dimension, cursor }: SnapshotIdentity & { readonly cursor: Cursor },
): Promise<void> {
  const hash = createHash('sha256')
  const write = async (...parts: readonly Uint8Array[]): Promise<void> => {
    for (const part of parts) {
      hash.update(part)
      await file.writeFile(part)
    }
  }
  const { attachment } = rows
  const header = Buffer.from(
    JSON.stringify({
      kind,
      version: formatVersion,
      byteOrder: endianness(),
      dimension,
      count: rows.count,
      cursor,
      ...(attachment && { attachment: { ...attachment, bytes: attachment.bytes.length } }),
    } satisfies SnapshotHeader),
  )
  await write(Buffer.from(toMagic(kind)), toBytes(Uint32Array.of(header.length)), header)
  if (attachment !== undefined) await write(attachment.bytes)
  for (let batch = rows.next(chunkRows); batch.faceIds.length > 0; batch = rows.next(chunkRows)) {
    const ids = Buffer.from(JSON.stringify(batch.faceIds))
    const lengths = Uint32Array.of(batch.faceIds.length, ids.length)
    await write(toBytes(lengths), ids, toBytes(batch.vectors))
    if (batch.codes !== undefined) await write(batch.codes)
  }
  await file.writeFile(hash.digest())
}

async function readAll(
  file: FileHandle,
  { kind, dimension }: SnapshotIdentity,
  sink: SnapshotSink,
): Promise<SnapshotResult> {
  const hash = createHash('sha256')
  const reader = createReader(file, (await file.stat()).size - digestBytes)
  const read = async (bytes: number): Promise<Uint8Array<ArrayBuffer>> => {
    const part = await reader.read(bytes)
    hash.update(part)
    return part
  }

  const magic = toMagic(kind)
  if (Buffer.from(await read(magic.length)).toString('latin1') !== magic) return damaged()
  const [headerBytes] = new Uint32Array((await read(4)).buffer)
  if (headerBytes! > maxHeaderBytes) return damaged()
  const header: unknown = JSON.parse(Buffer.from(await read(headerBytes!)).toString())
  if (!isHeader(header) || header.kind !== kind) return damaged()
  if (header.version !== formatVersion || header.byteOrder !== endianness()) {
    return { status: 'rejected', reason: 'otherVersion' }
  }
  if (header.dimension !== dimension) return { status: 'rejected', reason: 'otherDimension' }

  const { attachment } = header
  if (attachment !== undefined) {
    sink.attach({ ...attachment, bytes: await read(attachment.bytes) })
  }
  for await (const { lengths, ids, vectors, codes } of readChunks(reader, header, sink)) {
    for (const part of [lengths, ids, toBytes(vectors), ...(codes ? [codes] : [])]) {
      hash.update(part)
    }
    const faceIds: unknown = JSON.parse(Buffer.from(ids.buffer).toString())
    if (!isStringArray(faceIds) || faceIds.length * dimension !== vectors.length) return damaged()
    sink.restore({ faceIds, vectors, ...(codes && { codes }) })
  }
  if (reader.left !== 0) return damaged()
  const digest = await readExactly(file, new Uint8Array(digestBytes))
  return hash.digest().equals(digest) ? { status: 'loaded', cursor: header.cursor } : damaged()
}

/** The parts of a chunk as they follow in the file; see [Note: Index snapshot]. */
interface Chunk {
  readonly lengths: Uint8Array
  readonly ids: Uint8Array<ArrayBuffer>
  readonly vectors: Float32Array<ArrayBuffer>
  readonly codes?: Uint8Array<ArrayBuffer>
}

/**
 * Gives the chunks one after the other. While one is worked on, another thread reads the vectors of
 * the next, where there is room for them into their place: first writes to new memory take longer
 * than reading a cached file.
 */
async function* readChunks(
  reader: Reader,
  { dimension, count, attachment }: SnapshotHeader,
  sink: SnapshotSink,
): AsyncGenerator<Chunk> {
  const codeBytes = attachment?.codeBytes ?? 0
  let chunk: Chunk | undefined
  let ahead: Promise<Chunk> | undefined
  try {
    for (let from = 0; from < count; ) {
      const lengths = await reader.read(8)
      const [rows, idBytes] = new Uint32Array(lengths.buffer) as unknown as [number, number]
      if (rows < 1 || rows > count - from) throw new Error('A chunk has an impossible length.')
      const ids = await reader.read(idBytes)
      ahead = readRest({ lengths, ids }, sink.room?.(from, rows) ?? rows * dimension, rows)
      // It is awaited in any case; until then its failure is nobody's.
      ahead.catch(() => undefined)
      if (chunk !== undefined) yield chunk
      chunk = await ahead
      from += rows
    }
    if (chunk !== undefined) yield chunk
  } finally {
    // The file is closed next, and the memory may be given up.
    await ahead?.catch(() => undefined)
  }

  async function readRest(
    begun: Pick<Chunk, 'lengths' | 'ids'>,
    room: Float32Array<ArrayBuffer> | number,
    rows: number,
  ): Promise<Chunk> {
    const vectors = await reader.readFloats(room)
    if (codeBytes === 0) return { ...begun, vectors }
    return { ...begun, vectors, codes: await reader.read(rows * codeBytes) }
  }
}

/** Reads a file from where it stands. */
interface Reader {
  /** Bytes that may still be read. */
  readonly left: number
  read(bytes: number): Promise<Uint8Array<ArrayBuffer>>
  /** @param room  is filled; or how many floats are read into new memory */
  readFloats(room: Float32Array<ArrayBuffer> | number): Promise<Float32Array<ArrayBuffer>>
}

function createReader(file: FileHandle, bytes: number): Reader {
  let left = bytes
  /** Before memory is taken, because the length may be damaged. */
  const take = (length: number): void => {
    left -= length
    if (left < 0) throw new Error('The file is too short.')
  }
  return {
    get left() {
      return left
    },
    async read(length) {
      take(length)
      return readExactly(file, new Uint8Array(length))
    },
    async readFloats(room) {
      take(4 * (typeof room === 'number' ? room : room.length))
      const floats = typeof room === 'number' ? new Float32Array(room) : room
      await readExactly(file, toBytes(floats))
      return floats
    },
  }
}

/** Fills `out`. */
async function readExactly<T extends Uint8Array>(file: FileHandle, out: T): Promise<T> {
  for (let at = 0; at < out.length; ) {
    const { bytesRead } = await file.read(out, at)
    if (bytesRead === 0) throw new Error('The file is too short.')
    at += bytesRead
  }
  return out
}

function toMagic(kind: string): string {
  return `FW${kind.toUpperCase()}\n`
}

async function removeStaleTemps(path: string): Promise<void> {
  const folder = dirname(path)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue
    const temp = join(folder, name)
    // Another process may be writing it, or may just have renamed it.
    const age = await stat(temp).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > staleTempMs) await rm(temp, { force: true })
  }
}

function damaged(): SnapshotResult {
  return { status: 'rejected', reason: 'damaged' }
}

function toBytes(array: Uint32Array | Float32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function isHeader(value: unknown): value is SnapshotHeader {
  if (typeof value !== 'object' || value === null) return false
  const header = value as Partial<Record<keyof SnapshotHeader, unknown>>
  return (
    typeof header.kind === 'string' &&
    typeof header.version === 'number' &&
    typeof header.cursor === 'string' &&
    Number.isSafeInteger(header.dimension) &&
    Number.isSafeInteger(header.count) &&
    (header.count as number) >= 0
  )
}

function isStringArray(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}
