import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EmbeddingBatch } from '../../src/core/types.ts'
import { createRandom } from '../../src/platform/random.ts'
import type { FaissKind } from '../../src/search/faiss/addon.ts'
import { exportFaissIndex, importFaissIndex } from '../../src/search/faiss/export.ts'
import { createFaissProvider, faissVersion } from '../../src/search/faiss/provider.ts'
import {
  createClusteredVectors,
  createIds,
  createOracle,
  expectCandidates,
} from '../contract/vector-index-oracle.ts'

const run = promisify(execFile)
const dimension = 32
const count = 1500
const ids = createIds(count)
const vectors = createClusteredVectors(count, dimension, { seed: 1 })
const collection = { id: 'c1', indexId: 'c1', name: 'people', modelId: 'm1', dimension }
const flat: FaissKind = { factory: 'Flat', metric: 'ip' }
const inverted: FaissKind = { factory: 'IVF16,Flat', metric: 'ip' }
const graph: FaissKind = { factory: 'HNSW16', metric: 'ip' }
const compressed: FaissKind = { factory: 'SQ8', metric: 'ip' }

const python = process.env.FACE_WATCHER_TEST_PYTHON ?? 'python3'
const pythonHasFaiss = await run(python, ['-c', 'import faiss']).then(
  () => true,
  () => false,
)

async function* batches(size = 400): AsyncGenerator<EmbeddingBatch> {
  for (let from = 0; from < count; from += size) {
    yield {
      faceIds: ids.slice(from, from + size),
      embeddings: vectors.slice(from * dimension, (from + size) * dimension),
    }
  }
}

describe.skipIf(faissVersion() === undefined)(
  'faiss files (needs the addon: npm run build:faiss)',
  () => {
    let folder: string

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'face-watcher-faiss-'))
      for (const [name, kind] of [
        ['flat', flat],
        ['inverted', inverted],
        ['graph', graph],
        ['compressed', compressed],
      ] as const) {
        const file = join(folder, name)
        expect(await exportFaissIndex({ file, collection, kind, batches: batches() })).toBe(count)
      }
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))

    const importFile = async (
      name: string,
      kind: FaissKind,
      other: Partial<Parameters<typeof importFaissIndex>[0]> = {},
    ) =>
      importFaissIndex({
        file: join(folder, name),
        directory: join(folder, 'index'),
        collection,
        kind,
        cursor: 'cursor',
        knownFaces: async (part) => part,
        ...other,
      })

    /** Copies an exported file and its ids, changed. */
    async function change(
      name: string,
      edit: { readonly bytes?: (bytes: Buffer) => Buffer; readonly ids?: object },
    ): Promise<string> {
      const bytes = await readFile(join(folder, name))
      const list = JSON.parse(await readFile(join(folder, `${name}.ids.json`), 'utf8'))
      const changed = { ...list, ...edit.ids }
      await writeFile(join(folder, 'changed'), edit.bytes?.(Buffer.from(bytes)) ?? bytes)
      await writeFile(join(folder, 'changed.ids.json'), JSON.stringify(changed))
      return 'changed'
    }

    it.each([
      ['flat', flat, 1],
      ['inverted', inverted, 0.9],
      ['graph', graph, 0.98],
      ['compressed', compressed, 0.9],
    ] as const)('imports the %s index that it exported', async (name, kind, least) => {
      const known = async (part: readonly string[]) => part.filter((id) => id !== ids[3])
      expect(await importFile(name, kind, { knownFaces: known })).toEqual({
        imported: count - 1,
        leftOut: 1,
      })
      const provider = createFaissProvider({ directory: join(folder, 'index'), ...kind })
      const index = await provider.open('c1', dimension)
      expect(await index.load()).toBe('cursor')
      expect(await index.size()).toBe(count - 1)
      const found = await index.search(vectors.slice(0, 200 * dimension), 1)
      const right = found.filter(([best], i) => best!.faceId === ids[i]).length
      expect(right).toBeGreaterThanOrEqual(least * 199)
      expect(found[3]![0]!.faceId).not.toBe(ids[3])
      const more = createClusteredVectors(10, dimension, { seed: 9 })
      await index.upsert(createIds(10, count), more)
      expect(await index.size()).toBe(count + 9)
      await provider.close()
    })

    it('says how many faces are missing for training', async () => {
      const file = join(folder, 'large')
      await expect(
        exportFaissIndex({
          file,
          collection,
          kind: { factory: 'IVF64,Flat', metric: 'ip' },
          batches: batches(),
        }),
      ).rejects.toMatchObject({ code: 'invalidOption', detail: expect.stringContaining('2496') })
    })

    it('refuses files that no export wrote, or that do not belong to the collection or the configuration', async () => {
      const wrong: [string, FaissKind, Parameters<typeof importFile>[2], string][] = [
        ['flat', inverted, {}, 'indexFileInvalid'],
        ['flat', { factory: 'Flat', metric: 'l2' }, {}, 'indexFileInvalid'],
        ['inverted', { factory: 'IVF17,Flat', metric: 'ip' }, {}, 'indexFileInvalid'],
        ['flat', flat, { collection: { ...collection, modelId: 'm2' } }, 'modelMismatch'],
        ['flat', flat, { collection: { ...collection, dimension: 33 } }, 'dimensionMismatch'],
        ['nothing', flat, {}, 'indexFileInvalid'],
      ]
      for (const [name, kind, other, code] of wrong) {
        await expect(importFile(name, kind, other)).rejects.toMatchObject({ code })
      }
      const lists: object[] = [
        { sha256: '0'.repeat(64) },
        { sha256: undefined },
        { version: 1 },
        { ids: ids.slice(1) },
        { ids: [...ids.slice(1), ids[1]] },
        { ids: ids.map((_, i) => i) },
        { format: 'other' },
      ]
      for (const list of lists) {
        const file = await change('flat', { ids: list })
        await expect(importFile(file, flat)).rejects.toMatchObject({ code: 'indexFileInvalid' })
      }
      const other = await change('flat', { ids: { dimension: 64 } })
      const target = { collection: { ...collection, dimension: 64 } }
      await expect(importFile(other, flat, target)).rejects.toMatchObject({
        code: 'indexFileInvalid',
        detail: expect.stringContaining('faiss cannot read it'),
      })
    })

    it.each([
      ['flat', flat],
      ['inverted', inverted],
      ['graph', graph],
    ] as const)('refuses the %s file when anything in it was changed', async (name, kind) => {
      const size = (await readFile(join(folder, name))).length
      const random = createRandom(7)
      const edits: ((bytes: Buffer) => Buffer)[] = [
        () => Buffer.alloc(0),
        (bytes) => bytes.subarray(0, -1),
        (bytes) => Buffer.concat([bytes, Buffer.alloc(1)]),
        () => Buffer.from('x'.repeat(1000)),
      ]
      for (let round = 0; round < 30; round++) {
        const at = Math.floor(random() * (round % 3 === 0 ? size : 200))
        edits.push((bytes) => {
          bytes[at]! ^= 1 << (round % 8)
          return bytes
        })
      }
      for (const bytes of edits) {
        await expect(importFile(await change(name, { bytes }), kind)).rejects.toMatchObject({
          code: 'indexFileInvalid',
          detail: expect.stringContaining('was changed since'),
        })
      }
    })

    describe.skipIf(!pythonHasFaiss)(
      "with Python's faiss (needs faiss-cpu; FACE_WATCHER_TEST_PYTHON)",
      () => {
        it.each(['flat', 'inverted', 'graph'])('it reads the %s index', async (name) => {
          const queries = join(folder, 'queries.f32')
          const rows = 20
          await writeFile(queries, Buffer.from(vectors.slice(0, rows * dimension).buffer))
          const script = `
import faiss, json, sys
import numpy as np
index = faiss.read_index(sys.argv[1])
if hasattr(index, 'nprobe'): index.nprobe = 16
x = np.fromfile(sys.argv[2], dtype=np.float32).reshape(-1, index.d)
d, i = index.search(x, 5)
print(json.dumps({'d': index.d, 'n': index.ntotal, 'ids': i.tolist(), 'similarities': d.tolist()}))
`
          const { stdout } = await run(python, ['-c', script, join(folder, name), queries])
          const answer = JSON.parse(stdout)
          expect(answer).toMatchObject({ d: dimension, n: count })
          const list = JSON.parse(await readFile(join(folder, `${name}.ids.json`), 'utf8'))
          expect(list).toMatchObject({ collection: 'people', modelId: 'm1', dimension })
          const oracle = createOracle(dimension)
          oracle.upsert(ids, vectors)
          for (let row = 0; row < rows; row++) {
            const candidates = answer.ids[row].map((label: number, i: number) => ({
              faceId: list.ids[label],
              similarity: answer.similarities[row][i],
            }))
            const ranking = oracle.rank(vectors.slice(row * dimension, (row + 1) * dimension))
            expectCandidates(candidates, ranking, { k: 5, tolerance: 1e-5 })
          }
        })
      },
    )
  },
)
