import { createHash } from 'node:crypto'
import { readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import {
  type ExportFile,
  exportFiles,
  type StatementFile,
  statementFiles,
} from '../../src/transfer/export-format.ts'
import { importGallery } from '../../src/transfer/import.ts'
import {
  addStatements,
  createScratch,
  expectError,
  fillCollection,
  type Scratch,
} from '../helpers/moved-gallery.ts'

let scratch: Scratch
let to: Database
let dir: string

beforeEach(async () => {
  scratch = await createScratch()
  dir = join(scratch.directory, 'export')
  const from = await scratch.openStore()
  await addStatements(from, await fillCollection(from, { persons: 4 }))
  await exportGallery(from, dir, { source: 'sqlite', createdAt: new Date(0).toISOString() })
  to = await scratch.openStore()
})

afterEach(() => scratch.dispose())

// biome-ignore lint/suspicious/noExplicitAny: any JSON, to be damaged
type Json = Record<string, any>

async function editManifest(edit: (manifest: Json, entry: Json) => void): Promise<void> {
  const path = join(dir, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Json
  edit(manifest, manifest.collections[0] as Json)
  await writeFile(path, JSON.stringify(manifest))
}

/** Changes a file and makes size and checksum in the manifest fit, as somebody with intent would. */
async function forge(
  file: ExportFile | StatementFile,
  edit: (bytes: Buffer) => Buffer,
): Promise<void> {
  const path = join(dir, 'default', file)
  const bytes = edit(await readFile(path))
  await writeFile(path, bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await editManifest((_, entry) => {
    entry.files[file] = { bytes: bytes.length, sha256 }
  })
}

/** Changes the first line. */
function forgeLine(
  file: 'persons.jsonl' | 'faces.jsonl' | 'statements.jsonl',
  edit: (record: Json) => void,
) {
  return forge(file, (bytes) => {
    const [first, ...rest] = bytes.toString().split('\n')
    const record = JSON.parse(first!) as Json
    edit(record)
    return Buffer.from([JSON.stringify(record), ...rest].join('\n'))
  })
}

async function expectRefused(detail: RegExp): Promise<void> {
  await expectError(importGallery(dir, to), 'exportInvalid', detail)
  expect((await to.collections.list()).items).toEqual([])
}

describe('a damaged export is refused before anything is stored:', () => {
  it.each([...exportFiles, ...statementFiles])('%s cut off, changed, or gone', async (file) => {
    const path = join(dir, 'default', file)
    const bytes = await readFile(path)
    const changed = Buffer.from(bytes)
    changed[bytes.length >> 1]! ^= 1
    await writeFile(path, changed)
    await expectRefused(new RegExp(`default/${file} is damaged`))
    await truncate(path, bytes.length - 3)
    await expectRefused(new RegExp(`default/${file} has ${bytes.length - 3} bytes`))
    await rm(path)
    await expectRefused(new RegExp(`default/${file} cannot be read`))
    await symlink('/dev/zero', path)
    await expectRefused(/is not a file/)
  })

  it('a manifest that is none', async () => {
    const path = join(dir, 'manifest.json')
    const whole = await readFile(path, 'utf8')
    for (const text of ['', whole.slice(0, 200), '[]', 'null', '{"format":"other"}']) {
      await writeFile(path, text)
      await expectRefused(/manifest\.json/)
    }
    await rm(path)
    await expectRefused(/did not finish/)
  })

  it('another version of the format', async () => {
    await editManifest((manifest) => {
      manifest.version = 6
    })
    await expectRefused(/version 6; this program reads versions 1, 2, 3, 4, 5/)
  })

  it.each([
    ['../default', /name/],
    ['/etc', /name/],
    ['default/../default', /name/],
    ['..', /name/],
    ['C:\\x', /name/],
    ['a\0', /name/],
    ['other', /other\/persons\.jsonl cannot be read/],
  ])('a collection of the name %j', async (name, detail) => {
    await editManifest((_, entry) => {
      entry.name = name
    })
    await expectRefused(detail)
  })

  it('a collection twice', async () => {
    await editManifest((manifest, entry) => manifest.collections.push(entry))
    await expectRefused(/two collections of one id/)
  })

  it.each([
    ['faces', Number.MAX_SAFE_INTEGER, /does not hold/],
    ['faces', 1e300, /faces/],
    ['faces', -1, /faces/],
    ['faces', 3, /does not hold 3 rows/],
    ['dimension', 65_537, /dimension/],
    ['dimension', 4, /does not hold 12 rows of 4/],
    ['persons', Number.MAX_SAFE_INTEGER, /4 lines/],
    ['persons', 3, /4 lines/],
    ['id', "x' OR 1=1", /id/],
    ['modelId', 'other-model', /another model/],
    ['surprise', 1, /manifest\.json/],
  ])('%s of %j in the manifest', async (key, value, detail) => {
    await editManifest((_, entry) => {
      entry[key] = value
    })
    await expectRefused(detail)
  })

  it.each([
    ['a name that no store takes', { name: 'a\0b' }, /persons\.jsonl line 1/],
    ['too much metadata', { metadata: { text: 'x'.repeat(20_000) } }, /persons\.jsonl line 1/],
    ['a line without end', { metadata: { text: 'x'.repeat(200_000) } }, /too long|20000/],
    ['a field more', { isAdmin: true }, /persons\.jsonl line 1/],
    ['a time that is none', { createdAt: 'yesterday' }, /createdAt/],
    ['an id out of order', { id: '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' }, /order/],
  ])('a person with %s, checksum right', async (_, change, detail) => {
    await forgeLine('persons.jsonl', (record) => Object.assign(record, change))
    await expectRefused(detail)
  })

  it.each([
    ['statements', 3, /has 4 lines or more, manifest.json says 3/],
    ['statements', 5, /has 4 lines or more, manifest.json says 5/],
    ['statements', 1e300, /statements/],
    ['statements', undefined, /without all their files/],
  ])('%s of %j in the manifest', async (key, value, detail) => {
    await editManifest((_, entry) => {
      entry[key] = value
    })
    await expectRefused(detail)
  })

  it.each([
    ['a field more', { inForce: true }, /statements\.jsonl line 1/],
    ['a kind of its own', { kind: 'praise' }, /kind/],
    ['an actor of its own', { createdBy: { kind: 'root', id: '', name: '' } }, /createdBy/],
    ['a face and an image', { faceId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }, /statements\.jsonl line 1/],
    ['an image that is none', { imageHash: 'x' }, /imageHash/],
    ['an id out of order', { id: '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' }, /order/],
    ['a person who is none', { personId: "x' OR 1=1" }, /personId/],
    ['no end', { createdBy: { kind: 'library', id: '', name: 'x'.repeat(200_000) } }, /too long/],
  ])('a statement with %s, checksum right', async (_, change, detail) => {
    await forgeLine('statements.jsonl', (record) => Object.assign(record, change))
    await expectRefused(detail)
  })

  it('statements twice, checksum right', async () => {
    await forge('statements.jsonl', (bytes) => Buffer.concat([bytes, bytes]))
    await expectRefused(/has no row/)
  })

  it.each([
    ['not finite', (bytes: Buffer) => bytes.fill(0xff, 0, 4), /finite/],
    ['not normalised', (bytes: Buffer) => bytes.fill(0, 0, 32), /norm/],
    ['of a row less', (bytes: Buffer) => bytes.subarray(32), /has no row/],
    [
      'of a row more',
      (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 32)]),
      /hold 3 rows/,
    ],
    [
      'of half a row more',
      (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(0, 6)]),
      /hold 3/,
    ],
  ])('embeddings of statements that are %s, checksum right', async (_, edit, detail) => {
    await forge('statements.f32', edit)
    await expectRefused(detail)
  })

  it.each([
    ['a crop elsewhere', { crop: { offset: 1, bytes: 4 } }, /crop/],
    ['a crop of a size beyond the file', { crop: { offset: 0, bytes: 2 ** 24 } }, /crop/],
    ['a crop of a huge size', { crop: { offset: 0, bytes: 2 ** 50 } }, /bytes/],
    ['two landmarks', { landmarks: [{ x: 1, y: 1 }] }, /landmarks/],
    ['a number that is text', { box: { x: '1', y: 0, width: 1, height: 1 } }, /box/],
  ])('a face with %s, checksum right', async (_, change, detail) => {
    await forgeLine('faces.jsonl', (record) => Object.assign(record, change))
    await expectRefused(detail)
  })

  it('a prototype in the metadata, lines that are not JSON, no last line end', async () => {
    const path = join(dir, 'default/persons.jsonl')
    const whole = await readFile(path, 'utf8')
    const replace = (text: string) => forge('persons.jsonl', () => Buffer.from(text))
    await replace(whole.replace('"badge":0', '"__proto__":{"admin":true}'))
    await expectRefused(/persons\.jsonl line \d/)
    await replace(`secret\n${whole}`)
    await expectRefused(/^default\/persons\.jsonl line 1 is not JSON\.$/)
    await replace(whole.trimEnd())
    await expectRefused(/cut off/)
    await replace('')
    await expectRefused(/0 lines/)
  })

  it.each([
    ['not finite', Number.NaN],
    ['not of norm 1', 3],
  ])('an embedding that is %s, checksum right', async (_, value) => {
    await forge('embeddings.f32', (bytes) => {
      bytes.writeFloatLE(value, 4 * 8)
      return bytes
    })
    await expectRefused(/faces\.jsonl line 2: The embedding is not valid/)
  })
})

it('a face of nobody stops the import, and what was stored is completed by the whole export', async () => {
  const whole = await readFile(join(dir, 'default/faces.jsonl'))
  await forgeLine('faces.jsonl', (record) => {
    record.personId = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
  })
  await expectError(importGallery(dir, to), 'personNotFound')
  await forge('faces.jsonl', () => whole)
  const { collections } = await importGallery(dir, to)
  expect(collections).toMatchObject([{ name: 'default', persons: 4, faces: 12, others: 0 }])
})
