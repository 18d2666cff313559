import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { Header } from 'tar'
import { describe, expect, test } from 'vitest'
import { expectCode } from '../../../test/helpers/expect-code.ts'
import { FaceError } from '../../core/errors.ts'
import { maxPartBytes } from '../../storage/rules/jobs.ts'
import { assertArchive, openArchive } from './archive.ts'
import { createArchiveFile } from './archive-file.ts'
import type { ArchiveEntry } from './entries.ts'

const limit = 3 * 1024 * 1024
type Files = Readonly<Record<string, Uint8Array>>

/** Bytes that no packer makes shorter. */
function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (state * 48_271) % 2_147_483_647
    bytes[i] = state
  }
  return bytes
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

function toTar(files: Files, type: 'File' | 'SymbolicLink' | 'Directory' = 'File'): Buffer {
  const blocks = Object.entries(files).flatMap(([path, bytes]) => {
    const size = type === 'File' ? bytes.length : 0
    const linkpath = type === 'SymbolicLink' ? { linkpath: '/etc/passwd' } : {}
    const header = new Header({ path, size, mode: 0o644, type, ...linkpath })
    header.encode()
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512)
    return type === 'File' ? [header.block!, bytes, padding] : [header.block!]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

function keep(bytes: Uint8Array, reads: number[] = []) {
  return createArchiveFile(bytes.length, async (part) => {
    reads.push(part)
    const from = part * maxPartBytes
    return from < bytes.length ? bytes.slice(from, from + maxPartBytes) : undefined
  })
}

async function list(bytes: Uint8Array, from = 0): Promise<ArchiveEntry[]> {
  const archive = await openArchive(keep(bytes), limit)
  const entries: ArchiveEntry[] = []
  for await (const entry of archive.files(from)) entries.push(entry)
  return entries
}

async function unpack(bytes: Uint8Array, from = 0): Promise<Record<string, string>> {
  const entries = await list(bytes, from)
  const files = entries.map(async ({ path, read }) => [path, Buffer.from(await read()).toString()])
  return Object.fromEntries(await Promise.all(files))
}

const files: Files = {
  'Ann/1.jpg': text('ann one'),
  'Ann/2.jpg': text('ann two'),
  'Jörg Müller/a b.jpg': text('jörg'),
  'root.jpg': text(''),
}
const contents = {
  ...{ 'Ann/1.jpg': 'ann one', 'Ann/2.jpg': 'ann two', 'Jörg Müller/a b.jpg': 'jörg' },
  'root.jpg': '',
}
const kinds: Readonly<Record<string, (files: Files) => Uint8Array>> = {
  zip: (given) => zipSync({ ...given }),
  'zip, not packed': (given) => zipSync({ ...given }, { level: 0 }),
  tar: toTar,
  'tar, gzip': (given) => gzipSync(toTar(given)),
}

describe.each(Object.entries(kinds))('a %s', (_name, pack) => {
  test('gives its files in order, from any of them', async () => {
    expect(await unpack(pack(files))).toEqual(contents)
    const entries = await list(pack(files), 2)
    expect(entries.map(({ index, path }) => [index, path])).toEqual([
      [2, 'Jörg Müller/a b.jpg'],
      [3, 'root.jpg'],
    ])
    expect(await list(pack(files), 9)).toEqual([])
  })

  test('of many parts is read whole, and each part once in a row', async () => {
    const large = Object.fromEntries(
      Array.from({ length: 7 }, (_, i) => [`P/${i}.jpg`, noise(700_000, i + 1)]),
    )
    const reads: number[] = []
    const archive = await openArchive(keep(pack(large), reads), limit)
    for await (const { path, read } of archive.files(0)) {
      expect(Buffer.from(await read()).equals(large[path]!)).toBe(true)
    }
    expect(reads.length).toBeLessThan(25)
  })

  test('gives no file that is larger than allowed, and those behind it', async () => {
    const entries = await list(
      pack({ a: noise(limit + 1), b: new Uint8Array(limit + 9), c: text('c') }),
    )
    await expectCode(entries[0]!.read(), 'imageTooLarge')
    await expectCode(entries[1]!.read(), 'imageTooLarge')
    expect(Buffer.from(await entries[2]!.read()).toString()).toBe('c')
  })

  test('that is cut off or damaged is refused, and never hangs', async () => {
    const packed = pack({ a: noise(9000), b: noise(9000, 2), c: noise(9000, 3) })
    for (let length = 0; length < packed.length; length += 997) {
      await tryAll(packed.slice(0, length))
    }
    for (let at = 3; at < packed.length; at += 499) {
      const damaged = packed.slice()
      damaged[at]! ^= 0xff
      await tryAll(damaged)
    }
  })
})

/** Reads everything; what goes wrong has to be an error of the catalogue. */
async function tryAll(bytes: Uint8Array): Promise<void> {
  try {
    for (const entry of await list(bytes)) {
      await entry.read().catch((error: unknown) => {
        expect(error).toMatchObject({ name: 'FaceError' })
      })
    }
  } catch (error) {
    expect(error).toMatchObject({ name: 'FaceError', code: 'invalidRequest' })
  }
}

test('folders and links of a tar are no files', async () => {
  const tar = Buffer.concat([
    toTar({ 'Ann/': text('') }, 'Directory').subarray(0, 512),
    toTar({ 'Ann/link.jpg': text('') }, 'SymbolicLink').subarray(0, 512),
    toTar({ 'Ann/1.jpg': text('one') }),
  ])
  expect(await unpack(tar)).toEqual({ 'Ann/1.jpg': 'one' })
})

test('folders of a zip are no files', async () => {
  const zip = zipSync({ Ann: { '1.jpg': text('one') }, 'Bob/': new Uint8Array(0) })
  expect(await unpack(zip)).toEqual({ 'Ann/1.jpg': 'one' })
  expect((await openArchive(keep(zip), limit)).total).toBe(1)
})

test('a file that says less of its length than it has is not unpacked beyond that', async () => {
  const zip = Buffer.from(zipSync({ 'a.jpg': new Uint8Array(1_000_000) }))
  // The length in the list at the end, and before the file.
  for (const [signature, offset] of [
    ['PK\x01\x02', 24],
    ['PK\x03\x04', 22],
  ] as const) {
    zip.writeUInt32LE(10, zip.indexOf(Buffer.from(signature, 'latin1')) + offset)
  }
  const [entry] = await list(zip)
  await expectCode(entry!.read(), 'invalidRequest')
})

test('gzip that makes much of little holds one file at a time', async () => {
  // The library ends what becomes a thousand times as long.
  const tooMuch = gzipSync(toTar({ a: new Uint8Array(200_000_000) }))
  await expectCode(list(tooMuch), 'invalidRequest')
  const bomb = gzipSync(toTar({ n: noise(300_000), a: new Uint8Array(200_000_000), b: text('b') }))
  expect(bomb.length).toBeLessThan(600_000)
  const before = process.memoryUsage().arrayBuffers
  const entries = await list(bomb)
  await expectCode(entries[1]!.read(), 'imageTooLarge')
  expect(Buffer.from(await entries[2]!.read()).toString()).toBe('b')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000)
})

test('anything else is refused', async () => {
  for (const bytes of [new Uint8Array(0), text('PK'), text('hello'), noise(2000)]) {
    await expectCode(openArchive(keep(bytes), limit), 'invalidRequest')
    await expectCode(collect(assertArchive(inPieces(bytes, 7))), 'invalidRequest')
  }
  for (const pack of Object.values(kinds)) {
    const packed = pack(files)
    for (const length of [1, 100, 10_000]) {
      const same = await collect(assertArchive(inPieces(packed, length)))
      expect(same.equals(packed)).toBe(true)
    }
  }
})

test('each part is read once, though the list of a zip is at its end', async () => {
  const entries = Array.from({ length: 40 }, (_, i) => [`${i}.jpg`, noise(100_000, i + 1)])
  const bytes = zipSync(Object.fromEntries(entries), { level: 0 })
  const reads: number[] = []
  const archive = await openArchive(keep(bytes, reads), limit)
  for await (const entry of archive.files(0)) await entry.read()
  expect(bytes.length).toBeGreaterThan(3 * maxPartBytes)
  expect(reads.toSorted()).toEqual([0, 1, 2, 3])
})

test('a part that could not be read is asked for again', async () => {
  const zip = zipSync({ ...files })
  let isDown = false
  const file = createArchiveFile(zip.length, async () => {
    if (isDown) throw new FaceError('storeBusy')
    return zip
  })
  isDown = true
  await expectCode(openArchive(file, limit), 'storeBusy')
  isDown = false
  expect((await openArchive(file, limit)).total).toBe(4)
})

test('a part that is not there is a fault of the database', async () => {
  const zip = zipSync({ ...files })
  const file = createArchiveFile(zip.length, async () => undefined)
  await expectCode(openArchive(file, limit), 'storeCorrupt')
})

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return Buffer.concat(all)
}
