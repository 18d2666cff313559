import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from 'node:crypto'
import { FaceError } from '../../../core/errors.ts'
import {
  type BackupKey,
  type BackupLock,
  makeEphemeralKey,
  toPublicBytes,
  toPublicKey,
} from './keys.ts'

// [Note: age files]
// Encrypted backups are files of the format age (C2SP age.md, version 1): a header in which the key of
// the file is wrapped for whoever may open it, a MAC over it, and the content in pieces of 64 KiB,
// each encrypted with its number and whether it is the last (the construction STREAM). So people can
// decrypt them with the program of that name. The primitives are those of node:crypto, as the
// JavaScript library age-encryption encrypts 13 MB a second on the thread that calls it, and OpenSSL
// ten times as much; a test holds the two to be compatible, in both directions.

const versionLine = 'age-encryption.org/v1'
const fileKeyBytes = 16
const tagBytes = 16
/** scrypt: 2^18 x 8 x 128 bytes are 256 MB, as age does it. */
const defaultWorkFactor = 18
/** What a file may ask of the machine that opens it: 1 GB. */
const maxWorkFactor = 20
/** Ours has less than 300 bytes; others may have further recipients. */
export const maxHeaderBytes = 65_536

interface Stanza {
  readonly args: readonly string[]
  readonly body: Buffer
}

/** The header of a new file, and the key of its content. */
export async function createHeader(
  lock: BackupLock,
): Promise<{ readonly header: Buffer; readonly fileKey: Buffer }> {
  const fileKey = randomBytes(fileKeyBytes)
  const { args, body } = await wrap(lock, fileKey)
  const text = `${versionLine}\n-> ${args.join(' ')}\n${toBase64(body)}\n---`
  return { header: Buffer.from(`${text} ${toBase64(computeMac(fileKey, text))}\n`), fileKey }
}

/**
 * The key of a file's content.
 *
 * @param header  as {@link findHeaderEnd} cuts it
 * @throws {FaceError} `backupKeyWrong`; `backupInvalid` when it is no header, or was changed
 */
export async function openHeader(header: Buffer, key: BackupKey): Promise<Buffer> {
  const text = header.toString('latin1')
  const signed = text.slice(0, text.lastIndexOf('\n---') + 4)
  const fileKey = await unwrapAny(parseStanzas(signed), key)
  if (fileKey === undefined) throw new FaceError('backupKeyWrong')
  const mac = fromBase64(text.slice(signed.length + 1, -1))
  const expected = computeMac(fileKey, signed)
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) throw damagedHeader()
  return fileKey
}

/** Where the header ends in the beginning of a file; -1 where more has to be read. */
export function findHeaderEnd(beginning: Buffer): number {
  const last = beginning.indexOf('\n--- ')
  return last < 0 ? -1 : beginning.indexOf('\n', last + 1) + 1 || -1
}

/** Whether a file begins as encrypted ones do. */
export function isAgeHeader(beginning: Uint8Array): boolean {
  return Buffer.from(beginning.subarray(0, versionLine.length)).toString() === versionLine
}

function parseStanzas(signed: string): readonly Stanza[] {
  const [version, ...lines] = signed.split('\n')
  if (version !== versionLine) throw damagedHeader()
  const stanzas: { args: readonly string[]; body: string }[] = []
  for (const line of lines) {
    if (line === '---') return stanzas.map(({ args, body }) => ({ args, body: fromBase64(body) }))
    const last = stanzas.at(-1)
    if (line.startsWith('-> ')) stanzas.push({ args: line.slice(3).split(' '), body: '' })
    else if (last === undefined) throw damagedHeader()
    else last.body += line
  }
  throw damagedHeader()
}

async function wrap(lock: BackupLock, fileKey: Buffer): Promise<Stanza> {
  if (lock.kind === 'passphrase') {
    const salt = randomBytes(16)
    const { passphrase, workFactor = defaultWorkFactor } = lock
    const wrapKey = await derive(passphrase, salt, workFactor)
    const args = ['scrypt', toBase64(salt), String(workFactor)]
    return { args, body: encryptOnce(wrapKey, fileKey) }
  }
  const ephemeral = makeEphemeralKey()
  const share = toPublicBytes(ephemeral)
  const wrapKey = agree(ephemeral, { share, recipient: lock.publicKey, other: lock.publicKey })
  return { args: ['X25519', toBase64(share)], body: encryptOnce(wrapKey, fileKey) }
}

async function unwrapAny(stanzas: readonly Stanza[], key: BackupKey): Promise<Buffer | undefined> {
  for (const { args, body } of stanzas) {
    const [type, first = '', second = ''] = args
    if (body.length !== fileKeyBytes + tagBytes) continue
    if (type === 'X25519' && key.kind === 'identity') {
      const share = fromBase64(first)
      if (share.length !== 32) throw damagedHeader()
      const recipient = toPublicBytes(key.privateKey)
      const wrapKey = agree(key.privateKey, { share, recipient, other: share })
      const fileKey = decryptOnce(wrapKey, body)
      if (fileKey !== undefined) return fileKey
    } else if (type === 'scrypt' && key.kind === 'passphrase') {
      const factor = Number(second)
      if (!/^[1-9][0-9]?$/.test(second) || factor > maxWorkFactor) throw damagedHeader()
      return decryptOnce(await derive(key.passphrase, fromBase64(first), factor), body)
    }
  }
  return undefined
}

function agree(
  own: KeyObject,
  {
    share,
    recipient,
    other,
  }: { readonly share: Uint8Array; readonly recipient: Uint8Array; readonly other: Uint8Array },
): Buffer {
  let secret: Buffer
  try {
    secret = diffieHellman({ privateKey: own, publicKey: toPublicKey(other) })
  } catch {
    // A point of low order.
    throw damagedHeader()
  }
  return deriveKey(secret, Buffer.concat([share, recipient]), `${versionLine}/X25519`)
}

function derive(passphrase: string, salt: Buffer, factor: number): Promise<Buffer> {
  const labelled = Buffer.concat([Buffer.from(`${versionLine}/scrypt`), salt])
  const N = 2 ** factor
  return new Promise((resolve, reject) => {
    scrypt(passphrase, labelled, 32, { N, r: 8, p: 1, maxmem: 2 * N * 8 * 128 }, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

/** HKDF with SHA-256; 32 bytes. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, label, 32))
}

function computeMac(fileKey: Buffer, text: string): Buffer {
  const key = deriveKey(fileKey, Buffer.alloc(0), 'header')
  return createHmac('sha256', key).update(text, 'latin1').digest()
}

const zeroNonce = Buffer.alloc(12)
const cipherOptions = { authTagLength: tagBytes } as const

function encryptOnce(key: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, zeroNonce, cipherOptions)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function decryptOnce(key: Buffer, sealed: Buffer): Buffer | undefined {
  const cipher = createDecipheriv('chacha20-poly1305', key, zeroNonce, cipherOptions)
  cipher.setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, -tagBytes)), cipher.final()])
  } catch {
    return undefined
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

/** Only the form in which the same bytes are always written. */
function fromBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (toBase64(bytes) !== text) throw damagedHeader()
  return bytes
}

function damagedHeader(): FaceError {
  return new FaceError('backupInvalid', { detail: 'The header of the encryption was changed.' })
}
