import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { FaceError } from '../../core/errors.ts'
import { systemCodeOf } from '../../platform/disk.ts'

/** Signs the heads of the audit log's chains, and its seals. */
export interface SigningKey {
  /** The first 16 hex digits of the SHA-256 of the public key. */
  readonly id: string
  /** PEM. */
  readonly publicKey: string
  /** @returns base64url of an Ed25519 signature */
  sign(text: string): string
}

/** Public keys that are believed, by their ids. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>

/**
 * The key of a file, which is made, for its owner only, where it is not there.
 *
 * @param file  an Ed25519 private key as PEM (PKCS 8)
 * @throws {FaceError} `dataDirUnusable` when the file cannot be read or made; `invalidConfig` when it is
 *   no such key
 */
export function loadSigningKey(file: string): SigningKey {
  const privateKey = parsePrivateKey(readOrCreate(file))
  const publicKey = createPublicKey(privateKey)
  return {
    id: toKeyId(publicKey),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  }
}

function readOrCreate(file: string): string {
  try {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    // Of two processes that start at once, one makes it.
    writeFileSync(file, pem, { mode: 0o600, flag: 'wx' })
    return pem
  } catch (cause) {
    if (systemCodeOf(cause) !== 'EEXIST') throw unusable(cause)
  }
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw unusable(cause)
  }
}

function unusable(cause: unknown): FaceError {
  const detail = `The key of the audit log cannot be read or made (${systemCodeOf(cause)}).`
  return new FaceError('dataDirUnusable', { detail, cause })
}

function parsePrivateKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Told below, without what the file holds.
  }
  throw new FaceError('invalidConfig', {
    detail: 'audit.keyFile is no Ed25519 private key in PEM.',
  })
}

/** The public keys of PEM texts, by their ids. @throws {FaceError} `invalidOption` */
export function toTrustedKeys(pems: readonly string[]): TrustedKeys {
  return new Map(
    pems.map((pem) => {
      const key = parsePublicKey(pem)
      return [toKeyId(key), key]
    }),
  )
}

function parsePublicKey(pem: string): KeyObject {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // Told below.
  }
  throw new FaceError('invalidOption', { detail: 'Expected an Ed25519 public key in PEM.' })
}

function toKeyId(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('hex').slice(0, 16)
}

/** What tells which key signed a text, and the signature. */
export interface Signature {
  readonly key: string
  readonly signature: string
}

/** Whether a trusted key signed the text. */
export function isSignedBy(trusted: TrustedKeys, text: string, by: Signature): boolean {
  const key = trusted.get(by.key)
  return (
    key !== undefined &&
    verify(null, Buffer.from(text), key, Buffer.from(by.signature, 'base64url'))
  )
}
