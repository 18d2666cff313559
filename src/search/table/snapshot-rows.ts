import type { FileHandle } from 'node:fs/promises'
import { endianness } from 'node:os'
import type { Cursor } from '../../core/types.ts'
import type { SnapshotResult } from './snapshot.ts'
import { addToChecksum, createReader, readChunks, toBytes, toLink } from './snapshot-chunks.ts'
import type { Attachment, FrozenRows, SnapshotBody, SnapshotSink } from './table.ts'

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

/** Whose rows a snapshot must hold to be used. */
export interface RowsIdentity {
  readonly kind: string
  readonly dimension: number
}

/** Makes frozen rows the content of a snapshot. */
export function toSnapshotBody(rows: FrozenRows, identity: RowsIdentity): SnapshotBody {
  return {
    write: (file, cursor) => writeRows(file, rows, { ...identity, cursor }),
    release: rows.release,
  }
}

async function writeRows(
  file: FileHandle,
  rows: FrozenRows,
  { kind, dimension, cursor }: RowsIdentity & { readonly cursor: Cursor },
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

/**
 * Reads rows that {@link toSnapshotBody} wrote. Parts go to `sink` before the others have been
 * looked at, so the caller drops them unless the result is `loaded`.
 *
 * @throws {Error} when the file is damaged
 */
export async function readRows(
  file: FileHandle,
  { kind, dimension }: RowsIdentity,
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
  if (header.dimension !== dimension) return { status: 'rejected', reason: 'otherTarget' }

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
