import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createExportSource,
  readManifest,
  verifyChecksums,
} from '../../../src/transfer/export-reader.ts'
import { type FuzzTarget, type InputKind, MustRefuse } from '../target.ts'

/*
 * An input is all files of an export, one after the other, each behind a line with its name.
 */
const separator = /\n==== ([a-z.0-9]+)\n/
const collectionName = 'people'

type Files = Map<string, Buffer>

function pack(files: Files): Uint8Array {
  const parts = [...files].flatMap(([name, bytes]) => [Buffer.from(`\n==== ${name}\n`), bytes])
  return new Uint8Array(Buffer.concat(parts))
}

function unpack(input: Uint8Array): Files {
  const [, ...parts] = Buffer.from(input).toString('latin1').split(separator)
  const files: Files = new Map()
  for (let i = 0; i + 1 < parts.length; i += 2) {
    files.set(String(parts[i]), Buffer.from(String(parts[i + 1]), 'latin1'))
  }
  return files
}

const ulid = (last: string) => `01ARZ3NDEKTSV4RRFFQ69G5F${last}`
const time = '2026-01-02T03:04:05.678Z'
const toLines = (records: readonly object[]) =>
  Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
const toRows = (...values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer)

function makeFiles(): Files {
  const point = { x: 1, y: 2 }
  const box = { x: 1, y: 2, width: 30, height: 40 }
  const landmarks = [point, point, point, point, point]
  const quality = {
    ...{ sizePx: 100, sharpness: 20, brightness: 0.5, confidence: 0.99 },
    pose: { yaw: 1, pitch: 2, roll: 3 },
  }
  const imageHash = 'a'.repeat(64)
  const person = { metadata: { team: 'a' }, createdAt: time, updatedAt: time }
  const face = { modelId: 'fake', imageHash, createdAt: time }
  const said = { createdAt: time, createdBy: { kind: 'library', id: 'x', name: 'x' } }
  const crop = { offset: 0, bytes: 4, place: { box, landmarks } }
  return new Map([
    [
      'persons.jsonl',
      toLines([
        { id: ulid('01'), name: 'Ann', ...person, aliases: ['A'], revision: 3 },
        { id: ulid('02'), name: 'Bob', ...person },
      ]),
    ],
    [
      'faces.jsonl',
      toLines([
        { id: ulid('11'), personId: ulid('01'), ...face, quality, box, landmarks, crop },
        { id: ulid('12'), personId: ulid('02'), ...face, missingEmbedding: true },
      ]),
    ],
    ['embeddings.f32', toRows(1, 0, 0, 0, 0, 0, 0, 0)],
    ['crops.bin', Buffer.from('crop')],
    [
      'statements.jsonl',
      toLines([
        { id: ulid('21'), kind: 'rejection', personId: ulid('01'), ...said, faceId: ulid('12') },
        { id: ulid('22'), kind: 'confirmation', personId: ulid('01'), ...said, imageHash, box },
      ]),
    ],
    ['statements.f32', toRows(0, 1, 0, 0)],
  ])
}

const toDigest = (bytes: Buffer) => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

function makeExport(): Uint8Array {
  const files = makeFiles()
  const manifest = {
    ...{ format: 'face-watcher-export', version: 4, createdAt: time, source: 'sqlite' },
    collections: [
      {
        ...{ id: ulid('00'), name: collectionName, modelId: 'fake', dimension: 4 },
        policy: { maxFpir: 0.01, possibleFpir: 0.1 },
        ...{ storeCrops: true, createdAt: time, persons: 2, faces: 2, statements: 2 },
        files: Object.fromEntries([...files].map(([name, bytes]) => [name, toDigest(bytes)])),
      },
    ],
  }
  return pack(new Map([['manifest.json', Buffer.from(JSON.stringify(manifest))], ...files]))
}

/** Writes the sizes and digests of the files as they are into the manifest. */
function repair(input: Uint8Array): Uint8Array {
  const files = unpack(input)
  try {
    const manifest = JSON.parse(String(files.get('manifest.json')))
    for (const name of Object.keys(manifest.collections[0].files)) {
      const bytes = files.get(name)
      if (bytes !== undefined) manifest.collections[0].files[name] = toDigest(bytes)
    }
    files.set('manifest.json', Buffer.from(JSON.stringify(manifest)))
    return pack(files)
  } catch {
    return input
  }
}

const directory = () => join(tmpdir(), 'export')

async function readExport(input: Uint8Array): Promise<void> {
  rmSync(directory(), { recursive: true, force: true })
  mkdirSync(join(directory(), collectionName), { recursive: true })
  for (const [name, bytes] of unpack(input)) {
    const folder = name === 'manifest.json' ? directory() : join(directory(), collectionName)
    writeFileSync(join(folder, name), bytes)
  }
  const { collections } = await readManifest(directory())
  for (const entry of collections) {
    await verifyChecksums(directory(), entry)
    const source = createExportSource(directory(), entry)
    for await (const _ of source.persons());
    for await (const _ of source.faces());
    for await (const _ of source.statements());
  }
}

const intact = makeExport()

export const exportTargets: readonly FuzzTarget[] = [
  {
    name: 'export',
    refusals: ['exportInvalid'],
    words: ['"missingEmbedding":true', '"dimension":65536', '"faces":9007199254740991', '\n'],
    seeds: async () => [intact],
    repair,
    async read(input, { isRepaired }: InputKind) {
      await readExport(input)
      const files = unpack(input)
      const isChanged = [...unpack(intact)].some(
        ([name, bytes]) => name !== 'manifest.json' && !files.get(name)?.equals(bytes),
      )
      const isIntact =
        String(files.get('manifest.json')) === String(unpack(intact).get('manifest.json'))
      if (isChanged && isIntact && !isRepaired) throw new MustRefuse('A changed file is taken.')
    },
  },
]
