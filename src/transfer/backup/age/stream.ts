import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { FaceError } from '../../../core/errors.ts'
import { createHeader, deriveKey, findHeaderEnd, maxHeaderBytes, openHeader } from './header.ts'
import type { BackupKey, BackupLock } from './keys.ts'

// As [Note: age files] in header.ts says.

const chunkBytes = 65_536
const tagBytes = 16
const nonceBytes = 16
const cipherOptions = { authTagLength: tagBytes } as const

/** The bytes encrypted, in pieces. */
export async function* encrypt(
  content: AsyncIterable<Uint8Array>,
  lock: BackupLock,
): AsyncGenerator<Buffer, void> {
  const { header, fileKey } = await createHeader(lock)
  yield header
  const salt = randomBytes(nonceBytes)
  yield salt
  const key = deriveKey(fileKey, salt, 'payload')
  for await (const { chunk, number, isLast } of eachChunk(content, chunkBytes)) {
    const nonce = toNonce(number, isLast)
    const cipher = createCipheriv('chacha20-poly1305', key, nonce, cipherOptions)
    yield Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()])
  }
}

/**
 * The content of an encrypted file, in pieces. Each piece is authentic; that the last one was read, and
 * nothing follows it, is known at the end.
 *
 * @throws {FaceError} `backupKeyWrong`; `backupInvalid` when anything was changed, swapped or cut off
 */
export async function* decrypt(
  encrypted: AsyncIterable<Uint8Array>,
  key: BackupKey,
): AsyncGenerator<Buffer, void> {
  const source = encrypted[Symbol.asyncIterator]()
  try {
    const { header, salt, rest } = await readHeader(source)
    const payloadKey = deriveKey(await openHeader(header, key), salt, 'payload')
    const sealed = chain(rest, source)
    for await (const { chunk, number, isLast } of eachChunk(sealed, chunkBytes + tagBytes)) {
      // Only a file without content ends with an empty piece.
      if (chunk.length < tagBytes || (chunk.length === tagBytes && number > 0)) throw damaged()
      const nonce = toNonce(number, isLast)
      const cipher = createDecipheriv('chacha20-poly1305', payloadKey, nonce, cipherOptions)
      cipher.setAuthTag(chunk.subarray(-tagBytes))
      let plain: Buffer
      try {
        plain = Buffer.concat([cipher.update(chunk.subarray(0, -tagBytes)), cipher.final()])
      } catch {
        throw damaged()
      }
      yield plain
    }
  } finally {
    await source.return?.()
  }
}

async function readHeader(
  source: AsyncIterator<Uint8Array>,
): Promise<{ readonly header: Buffer; readonly salt: Buffer; readonly rest: Buffer }> {
  let read = Buffer.alloc(0)
  for (;;) {
    const end = findHeaderEnd(read)
    if (end >= 0 && read.length >= end + nonceBytes) {
      const [header, salt] = [read.subarray(0, end), read.subarray(end, end + nonceBytes)]
      return { header, salt, rest: read.subarray(end + nonceBytes) }
    }
    const next = await source.next()
    if (next.done || read.length > maxHeaderBytes) throw damaged()
    read = Buffer.concat([read, next.value])
  }
}

async function* chain(
  first: Buffer,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield first
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
}

interface Chunk {
  readonly chunk: Buffer
  readonly number: number
  readonly isLast: boolean
}

/** Pieces of `size` bytes, the last one of at least one, where there is any. */
async function* eachChunk(
  content: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Chunk, void> {
  let number = 0
  let pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of content) {
    pieces.push(piece)
    length += piece.length
    if (length <= size) continue
    // More follows what is given out here.
    const all = Buffer.concat(pieces, length)
    let at = 0
    for (; length - at > size; at += size) {
      yield { chunk: all.subarray(at, at + size), number: number++, isLast: false }
    }
    pieces = [all.subarray(at)]
    length -= at
  }
  yield { chunk: Buffer.concat(pieces, length), number, isLast: true }
}

/** 11 bytes of the piece's number, and whether it is the last. */
function toNonce(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(number, 5, 6)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

function damaged(): FaceError {
  return new FaceError('backupInvalid', { detail: 'Its encrypted content was changed or cut off.' })
}
