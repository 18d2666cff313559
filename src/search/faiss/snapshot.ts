import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { Cursor } from '../../core/types.ts'
import type { SnapshotRejection } from '../table/snapshot.ts'
import { createNativeIndex, type FaissKind } from './addon.ts'
import type { FaissRows } from './rows.ts'

/*
 * [Note: FAISS snapshot]
 * magic (8 bytes), then three numbers of 4 bytes, little-endian: the lengths of the header and (two
 * words, low first) of the ids; the header (JSON); the ids by slot (JSON array, null where the face
 * is gone); what faiss' `write_index` writes, which is not the same on machines of another byte
 * order; the SHA-256 of all before. faiss reads without checking, so it gets to see a file only
 * after the checksum was found right.
 */
const magic = 'FWFAISS\n'
const formatVersion = 1
const lengthsBytes = 12
const digestBytes = 32
const maxHeaderBytes = 65_536
const chunkBytes = 2 ** 20
const idsPerChunk = 8192

interface SnapshotHeader {
  readonly version: number
  readonly factory: string
  readonly metric: string
  readonly stage: FaissRows['stage']
  readonly dimension: number
  readonly cursor: Cursor
}

/** What a snapshot must be of to be used. */
export interface FaissTarget extends FaissKind {
  readonly dimension: number
}

/** What a snapshot holds, or why it is not used. */
export type FaissSnapshot =
  | { readonly status: 'loaded'; readonly cursor: Cursor; readonly rows: FaissRows }
  | { readonly status: 'rejected'; readonly reason: SnapshotRejection }

/**
 * Writes rows and cursor into a new file. The rows must not change meanwhile; the checksum, for
 * which the file is read again, is left to {@link writeChecksum}.
 */
export async function writeRows(
  file: FileHandle,
  { native, stage, ids }: FaissRows,
  { target, cursor }: { readonly target: FaissTarget; readonly cursor: Cursor },
): Promise<void> {
  const { factory, metric, dimension } = target
  const header = Buffer.from(
    JSON.stringify({
      version: formatVersion,
      factory,
      metric,
      stage,
      dimension,
      cursor,
    } satisfies SnapshotHeader),
  )
  const lengthsAt = magic.length
  await file.writeFile(Buffer.concat([Buffer.from(magic), Buffer.alloc(lengthsBytes), header]))
  let idBytes = 0
  for (let from = 0; from === 0 || from < ids.length; from += idsPerChunk) {
    const part = ids.slice(from, from + idsPerChunk).map((faceId) => faceId ?? null)
    const last = from + idsPerChunk >= ids.length
    const inner = JSON.stringify(part).slice(1, -1)
    const text = Buffer.from(`${from === 0 ? '[' : ','}${inner}${last ? ']' : ''}`)
    await file.writeFile(text)
    idBytes += text.length
  }
  await native.write(file.fd)
  const lengths = Buffer.alloc(lengthsBytes)
  lengths.writeUInt32LE(header.length, 0)
  lengths.writeUInt32LE(idBytes % 2 ** 32, 4)
  lengths.writeUInt32LE(Math.floor(idBytes / 2 ** 32), 8)
  await file.write(lengths, 0, lengthsBytes, lengthsAt)
}

/** Completes what {@link writeRows} wrote. */
export async function writeChecksum(file: FileHandle): Promise<void> {
  await file.writeFile(await hashFile(file, (await file.stat()).size))
}

/**
 * Reads a complete file; its checksum is verified before any of it is used.
 *
 * @throws {Error} when it is damaged
 */
export async function readRows(file: FileHandle, target: FaissTarget): Promise<FaissSnapshot> {
  const end = (await file.stat()).size - digestBytes
  if (end < magic.length + lengthsBytes) return rejected('damaged')
  if ((await readAt(file, 0, magic.length)).toString('latin1') !== magic) return rejected('damaged')
  if (!(await readAt(file, end, digestBytes)).equals(await hashFile(file, end))) {
    return rejected('damaged')
  }

  const lengths = await readAt(file, magic.length, lengthsBytes)
  const headerBytes = lengths.readUInt32LE(0)
  const idBytes = lengths.readUInt32LE(4) + lengths.readUInt32LE(8) * 2 ** 32
  const headerAt = magic.length + lengthsBytes
  const offset = headerAt + headerBytes + idBytes
  if (headerBytes > maxHeaderBytes || offset > end) return rejected('damaged')
  const header = JSON.parse(
    (await readAt(file, headerAt, headerBytes)).toString(),
  ) as SnapshotHeader
  if (header.version !== formatVersion) return rejected('otherVersion')
  const { dimension, factory, metric } = target
  const isSame =
    header.dimension === dimension && header.factory === factory && header.metric === metric
  if (!isSame) return rejected('otherTarget')
  const idText = (await readAt(file, headerAt + headerBytes, idBytes)).toString()
  const ids = (JSON.parse(idText) as (string | null)[]).map((faceId) => faceId ?? undefined)

  const used = header.stage === 'untrained' ? 'Flat' : factory
  const native = createNativeIndex(dimension, { factory: used, metric })
  await native.read(file.fd, offset, end - offset, ids.length)
  const gone = ids.flatMap((faceId, slot) => (faceId === undefined ? [slot] : []))
  await native.remove(Uint32Array.from(gone))
  return {
    status: 'loaded',
    cursor: header.cursor,
    rows: { native, stage: header.stage, ids },
  }
}

/** The SHA-256 of the first bytes of a file. */
export async function hashFile(file: FileHandle, bytes: number): Promise<Buffer> {
  const hash = createHash('sha256')
  for (let at = 0; at < bytes; at += chunkBytes) {
    hash.update(await readAt(file, at, Math.min(chunkBytes, bytes - at)))
  }
  return hash.digest()
}

async function readAt(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes)
  for (let done = 0; done < bytes; ) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, position + done)
    if (bytesRead === 0) throw new Error('The file is too short.')
    done += bytesRead
  }
  return buffer
}

function rejected(reason: SnapshotRejection): FaissSnapshot {
  return { status: 'rejected', reason }
}
