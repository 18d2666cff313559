import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { FaceError } from '../../../core/errors.ts'
import { fromBech32, toBech32 } from './bech32.ts'

const recipientPrefix = 'age'
const identityPrefix = 'age-secret-key-'
const keyBytes = 32

/** With what a backup is encrypted. */
export type BackupLock =
  | { readonly kind: 'recipient'; readonly publicKey: Uint8Array }
  | {
      readonly kind: 'passphrase'
      readonly passphrase: string
      /** Base-2 logarithm of scrypt's N, default 18 as that of age. */
      readonly workFactor?: number
    }

/** What opens an encrypted backup. */
export type BackupKey =
  | { readonly kind: 'identity'; readonly privateKey: KeyObject }
  | { readonly kind: 'passphrase'; readonly passphrase: string }

/** A pair of keys in the form of `age-keygen`: `AGE-SECRET-KEY-1...` and `age1...`. */
export interface KeyPairTexts {
  readonly identity: string
  readonly recipient: string
}

/** Makes a new pair of keys. */
export function generateBackupKeys(): KeyPairTexts {
  const { privateKey } = generateKeyPairSync('x25519')
  const { d } = privateKey.export({ format: 'jwk' })
  const secret = Buffer.from(String(d), 'base64url')
  return {
    identity: toBech32(identityPrefix, secret).toUpperCase(),
    recipient: toBech32(recipientPrefix, toPublicBytes(privateKey)),
  }
}

/** @throws {FaceError} `invalidOption` */
export function parseRecipient(text: string): BackupLock {
  return { kind: 'recipient', publicKey: toKeyBytes(recipientPrefix, text.trim()) }
}

/**
 * The secret key of a file as `age-keygen` writes it: comments, and one key.
 *
 * @throws {FaceError} `invalidOption`
 */
export function parseIdentityFile(text: string): BackupKey & { readonly kind: 'identity' } {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (keys.length !== 1) {
    throw new FaceError('invalidOption', {
      detail: `A key file of backups has one line that begins with AGE-SECRET-KEY-1, not ${keys.length}.`,
    })
  }
  const secret = toKeyBytes(identityPrefix, keys[0]!)
  return { kind: 'identity', privateKey: toPrivateKey(secret) }
}

/** The lock that this secret key opens. */
export function toRecipient(privateKey: KeyObject): BackupLock {
  return { kind: 'recipient', publicKey: toPublicBytes(privateKey) }
}

/** The public key of a private one; 32 bytes. */
export function toPublicBytes(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey as never).export({ format: 'jwk' })
  return Buffer.from(String(x), 'base64url')
}

/** @param bytes  32 */
export function toPublicKey(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
}

/** A private key that is used once. */
export function makeEphemeralKey(): KeyObject {
  return toPrivateKey(randomBytes(keyBytes))
}

function toPrivateKey(secret: Uint8Array): KeyObject {
  // RFC 8410: the private key of X25519 within PKCS #8.
  const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')
  const key = Buffer.concat([prefix, secret])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function toKeyBytes(prefix: string, text: string): Uint8Array {
  const bytes = fromBech32(prefix, text)
  if (bytes.length === keyBytes) return bytes
  throw new FaceError('invalidOption', { detail: 'The key of backups is mistyped or cut off.' })
}
