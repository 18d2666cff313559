import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { endianness } from 'node:os'
import { dirname } from 'node:path'
import { isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import { addToChecksum, createReader, readChunks, toBytes, toLink } from './snapshot-chunks.ts'
import { codeOf, removeLeftovers, syncFolder, toStoreError, toTempPath } from './snapshot-files.ts'
import type { Attachment, FrozenRows, SnapshotSink } from './table.ts'

/*
 * [Note: Index snapshot]
 * magic, uint32 length of the header, header (JSON), the bytes that the kind attached (as many as
 * the header says), a link, then chunks of rows with a link behind each. A link is the checksum of
 * all before it (uint32), the rows and the bytes of ids of the next chunk (uint32, 0 at the end). A
 * chunk is ids (JSON array), rows x dimension float32, rows x codeBytes. Numbers are in the byte
 * order that the header names. A file that does not fit in any way is not used: the index is a
 * cache and can be rebuilt.
 *
 * The checksum is the CRC-32 of zlib over all but earlier checksums. It guards against a disk that
 * forgets or alters something, not against somebody who can write the file.
 */
const formatVersion = 2
const maxHeaderBytes = 65_536
/** A chunk is copied at once while searches wait: 2 MiB of 512-D rows. */
const chunkRows = 1024

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
  const temp = toTempPath(path)
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await removeLeftovers(path)
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
 * Reads a snapshot. Parts go to `sink` before the others have been looked at, so the caller drops
 * them unless the result is `loaded`. A damaged file is removed; see [Note: Snapshot leftovers].
 *
 * @throws {FaceError} `overloaded` when there is no memory for the rows
 */
export async function readSnapshot(
  path: string,
  identity: SnapshotIdentity,
  sink: SnapshotSink,
): Promise<SnapshotResult> {
  let result: SnapshotResult
  // What cannot be removed now is tried again when the snapshot is written.
  await removeLeftovers(path).catch(() => undefined)
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
    await rm(path, { force: true }).catch(() => undefined)
  }
  return result
}

async function writeAll(
  file: FileHandle,
  rows: FrozenRows,
  { kind, dimension, cursor }: SnapshotIdentity & { readonly cursor: Cursor },
): Promise<void> {
  let checksum = 0
  const write = async (...parts: readonly Uint8Array[]): Promise<void> => {
    checksum = addToChecksum(checksum, parts)
    for (const part of parts) await file.writeFile(part)
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
  for (;;) {
    const { faceIds, vectors, codes } = rows.next(chunkRows)
    const isLast = faceIds.length === 0
    const ids = Buffer.from(isLast ? '' : JSON.stringify(faceIds))
    await file.writeFile(toBytes(Uint32Array.of(checksum)))
    await write(toBytes(Uint32Array.of(faceIds.length, ids.length)))
    if (isLast) return
    await write(ids, toBytes(vectors), ...(codes ? [codes] : []))
  }
}

async function readAll(
  file: FileHandle,
  { kind, dimension }: SnapshotIdentity,
  sink: SnapshotSink,
): Promise<SnapshotResult> {
  const reader = await createReader(file)
  let checksum = 0
  const read = async (bytes: number): Promise<Uint8Array<ArrayBuffer>> => {
    const part = await reader.read(bytes)
    checksum = addToChecksum(checksum, [part])
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

  const { attachment, count, cursor } = header
  const attached = attachment && { ...attachment, bytes: await read(attachment.bytes) }
  const link = toLink(new Uint32Array((await reader.read(12)).buffer))
  if (link.checksum !== checksum) return damaged()
  if (attached !== undefined) sink.attach(attached)
  const shape = { dimension, count, codeBytes: attachment?.codeBytes ?? 0 }
  for await (const batch of readChunks(reader, shape, { link, room: sink.room })) {
    sink.restore(batch)
  }
  return { status: 'loaded', cursor }
}

function toMagic(kind: string): string {
  return `FW${kind.toUpperCase()}\n`
}

function damaged(): SnapshotResult {
  return { status: 'rejected', reason: 'damaged' }
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
