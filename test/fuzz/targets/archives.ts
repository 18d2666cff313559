import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { FaceError } from '../../../src/core/errors.ts'
import { openArchive } from '../../../src/jobs/archive/archive.ts'
import { createArchiveFile } from '../../../src/jobs/archive/archive-file.ts'
import { openList, writeList } from '../../../src/jobs/archive/list.ts'
import { packEnd, packEntry } from '../../../src/jobs/archive/pack.ts'
import { readTable, tableName } from '../../../src/jobs/archive/table.ts'
import { maxPartBytes } from '../../../src/storage/rules/jobs.ts'
import type { FuzzTarget } from '../target.ts'

const maxFileBytes = 1024 * 1024
const refusals = ['invalidRequest', 'imageTooLarge'] as const

function keep(bytes: Uint8Array) {
  return createArchiveFile(bytes.length, async (part) => {
    const from = part * maxPartBytes
    return bytes.slice(from, from + maxPartBytes)
  })
}

/** Reads all files of an archive, and its table. */
async function readArchive(input: Uint8Array): Promise<void> {
  const archive = await openArchive(keep(input), maxFileBytes)
  let first: unknown
  let files = 0
  for await (const { read } of archive.files(0)) {
    files++
    // A file that cannot be unpacked is one item's failure.
    await read().catch((error: unknown) => {
      if (!(error instanceof FaceError)) throw error
      first ??= error
    })
  }
  if (files > archive.total) throw new Error(`${files} files of ${archive.total}`)
  await readTable(archive)
  if (first !== undefined) throw first
}

const table = 'file,name,externalId,team\nann/1.jpg,Ann,a-1,x\n"bob, 2.jpg","Bob ""B""",,\n'
const contents = {
  [tableName]: Buffer.from(table),
  'ann/1.jpg': Buffer.from('ann one'),
  'ann/2.jpg': Buffer.alloc(2000, 'a'),
  'empty.jpg': Buffer.alloc(0),
}

function toTar(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const entries = Object.entries(files).flatMap(([path, bytes]) => [...packEntry(path, bytes)])
  return Buffer.concat([...entries, packEnd])
}

/** The archive with the table that an input is. */
const withTable = (input: Uint8Array) =>
  new Uint8Array(toTar({ [tableName]: input, '1.jpg': Buffer.from('x') }))

async function makeList(): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  const photos = [
    { file: 'a.jpg', at: { image: Buffer.from('face:ann') }, person: { name: 'Ann' } },
    { file: 'b.jpg', at: { image: Buffer.alloc(0) }, person: { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' } },
  ]
  for await (const piece of writeList(photos)) pieces.push(piece)
  return new Uint8Array(Buffer.concat(pieces))
}

export const archiveTargets: readonly FuzzTarget[] = [
  {
    name: 'zip',
    refusals,
    words: [
      'PK\x03\x04',
      'PK\x01\x02',
      'PK\x05\x06',
      'PK\x06\x06',
      'PK\x06\x07',
      '../../etc/passwd',
    ],
    seeds: async () => [zipSync(contents), zipSync(contents, { level: 0 })],
    read: readArchive,
  },
  {
    name: 'tar',
    refusals,
    words: [
      'ustar\x0000',
      'path=../../x\n',
      '99999999999 size=1\n',
      '\x80\0\0\0\xff',
      'GNU.sparse.size=1',
    ],
    seeds: async () => [new Uint8Array(toTar(contents)), new Uint8Array(gzipSync(toTar(contents)))],
    /** Headers with the right sum, so that what they say is read. */
    repair: repairTar,
    read: readArchive,
  },
  {
    name: 'people-table',
    refusals,
    words: [
      'file,name\n',
      '"',
      '""',
      ',',
      '\n',
      '\r\n',
      'ï»¿',
      '\u2028',
      '__proto__',
      'constructor',
    ],
    seeds: async () => [
      Buffer.from(table),
      Buffer.from('\ufefffile,name\r\n1.jpg,Ann\r\n'),
      Buffer.from('name,file,__proto__\nAnn,1.jpg,x\n'),
    ],
    read: (input) => readArchive(withTable(input)),
  },
  {
    name: 'photo-list',
    refusals: ['storeCorrupt', 'invalidRequest', 'imageTooLarge', 'emptyImage'],
    words: ['"path":"/dev/null"', '"image":', '\n'],
    seeds: async () => [await makeList()],
    async read(input) {
      const list = await openList(keep(input), maxFileBytes)
      for await (const { read } of list.files(0)) await read()
    },
  },
]

const blockBytes = 512
const [sumAt, sumBytes] = [148, 8]

function repairTar(input: Uint8Array): Uint8Array {
  if (input[0] === 0x1f) return input
  const out = Uint8Array.from(input)
  for (let at = 0; at + blockBytes <= out.length; at += blockBytes) {
    if (Buffer.from(out.subarray(at + 257, at + 262)).toString() !== 'ustar') continue
    out.fill(0x20, at + sumAt, at + sumAt + sumBytes)
    const sum = out.subarray(at, at + blockBytes).reduce((total, byte) => total + byte, 0)
    out.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), at + sumAt)
  }
  return out
}
