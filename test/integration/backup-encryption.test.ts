import { randomBytes } from 'node:crypto'
import { Decrypter, Encrypter } from 'age-encryption'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type BackupKey,
  type BackupLock,
  generateBackupKeys,
  parseIdentityFile,
  parseRecipient,
} from '../../src/transfer/backup/age/keys.ts'
import { decrypt, encrypt } from '../../src/transfer/backup/age/stream.ts'
import { expectCode } from '../helpers/expect-code.ts'
import '../helpers/property-runs.ts'

const { identity, recipient } = generateBackupKeys()
const key = parseIdentityFile(`# made by a test\n${identity}\n`)
const lock = parseRecipient(recipient)
const passphrase = 'correct horse battery staple'
// One chunk is 65,536 bytes.
const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000]

async function* inPieces(bytes: Uint8Array, length = 10_000): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}

const seal = (bytes: Uint8Array, with_: BackupLock = lock) =>
  collect(encrypt(inPieces(bytes), with_))
const open = (bytes: Uint8Array, with_: BackupKey = key) => collect(decrypt(inPieces(bytes), with_))

/** The library that Node programs use for the format, which is a peer to be compatible with. */
const library = {
  open(bytes: Uint8Array): Promise<Uint8Array> {
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    return decrypter.decrypt(bytes)
  },
  seal(bytes: Uint8Array): Promise<Uint8Array> {
    const encrypter = new Encrypter()
    encrypter.addRecipient(recipient)
    return encrypter.encrypt(bytes)
  },
}

describe('encrypted backups', () => {
  it.each(sizes)('of %d bytes are opened by the library of the format', async (size) => {
    const bytes = randomBytes(size)
    expect(Buffer.from(await library.open(await seal(bytes))).equals(bytes)).toBe(true)
  })

  it.each(sizes)('of %d bytes that the library wrote are opened', async (size) => {
    const bytes = randomBytes(size)
    expect((await open(await library.seal(bytes))).equals(bytes)).toBe(true)
  })

  it('with a passphrase are opened by the library, and its own are opened', {
    timeout: 60_000,
  }, async () => {
    const bytes = randomBytes(100_000)
    const decrypter = new Decrypter()
    decrypter.addPassphrase(passphrase)
    const sealed = await seal(bytes, { kind: 'passphrase', passphrase, workFactor: 10 })
    expect(Buffer.from(await decrypter.decrypt(sealed)).equals(bytes)).toBe(true)
    const encrypter = new Encrypter()
    encrypter.setPassphrase(passphrase)
    encrypter.setScryptWorkFactor(10)
    const theirs = await encrypter.encrypt(bytes)
    expect((await open(theirs, { kind: 'passphrase', passphrase })).equals(bytes)).toBe(true)
    await expectCode(open(theirs, { kind: 'passphrase', passphrase: 'another' }), 'backupKeyWrong')
    await expectCode(open(theirs), 'backupKeyWrong')
  })

  it('are refused when they ask for more memory than a machine may have', async () => {
    const sealed = Buffer.from('age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\n')
    const body = `${Buffer.alloc(32).toString('base64').replaceAll('=', '')}\n--- AA\n`
    const file = Buffer.concat([sealed, Buffer.from(body), Buffer.alloc(64)])
    await expectCode(open(file, { kind: 'passphrase', passphrase }), 'backupInvalid')
  })

  it('are not opened by another key', async () => {
    const other = parseIdentityFile(generateBackupKeys().identity)
    await expectCode(open(await seal(randomBytes(100)), other), 'backupKeyWrong')
    await expectCode(
      open(await seal(randomBytes(100)), { kind: 'passphrase', passphrase }),
      'backupKeyWrong',
    )
  })

  it('have every changed byte, every cut and every swap of pieces found', async () => {
    const bytes = randomBytes(200_000)
    const sealed = await seal(bytes)
    const isFound = async (changed: Uint8Array) => {
      const outcome = await open(changed).catch((error: unknown) => error)
      expect(outcome).toMatchObject({ code: expect.stringMatching(/^backup(Invalid|KeyWrong)$/) })
    }
    await fc.assert(
      fc.asyncProperty(
        // The header is short, and the beginning of the file.
        fc.oneof(fc.nat(300), fc.nat(sealed.length - 1)),
        fc.integer({ min: 1, max: 255 }),
        async (at, difference) => {
          const changed = Buffer.from(sealed)
          changed[at]! ^= difference
          await isFound(changed)
        },
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), (length) => isFound(sealed.subarray(0, length))),
    )
    const piece = 65_552
    const start = sealed.length - (200_000 + 4 * 16)
    const pieces = [0, 1, 2, 3].map((i) =>
      sealed.subarray(start + i * piece, Math.min(sealed.length, start + (i + 1) * piece)),
    ) as [Buffer, Buffer, Buffer, Buffer]
    const [a, b, c, d] = pieces
    const head = sealed.subarray(0, start)
    expect(Buffer.concat([head, a, b, c, d]).equals(sealed)).toBe(true)
    for (const order of [
      [b, a, c, d],
      [a, b, c],
      [a, b, c, d, d],
      [a, b, b, c, d],
      [a, b, d],
      [d],
    ]) {
      await isFound(Buffer.concat([head, ...order]))
    }
    await isFound(Buffer.concat([sealed, Buffer.from('more')]))
  })

  it('take only keys that are whole', async () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: recipient.length - 1 }), (at) => {
        const wrong = recipient[at] === 'q' ? 'p' : 'q'
        const text = recipient.slice(0, at) + wrong + recipient.slice(at + 1)
        expect(() => parseRecipient(text)).toThrow('mistyped')
      }),
    )
    for (const text of ['', 'age1', recipient.slice(0, -1), `${recipient}q`, identity]) {
      expect(() => parseRecipient(text)).toThrow('mistyped')
    }
    for (const text of ['', '# nothing', `${identity}\n${identity}`]) {
      expect(() => parseIdentityFile(text)).toThrow('one line')
    }
    expect(() => parseIdentityFile(recipient)).toThrow('mistyped')
  })
})
