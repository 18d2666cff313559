import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFaissProvider, faissVersion } from '../../src/search/faiss/provider.ts'
import { createFaissTable, type FaissTable } from '../../src/search/faiss/table.ts'
import type { VectorIndexProvider } from '../../src/search/vector-index.ts'
import { createClusteredVectors, createIds, createOracle } from '../contract/vector-index-oracle.ts'

const dimension = 64
const count = 4000
const probeCount = 100
const ids = createIds(count)
// Four faces of each of 1000 persons, and a fifth of the first hundred of them as probes.
const all = createClusteredVectors(count + probeCount, dimension, { seed: 1, centres: 1000 })
const vectors = all.slice(0, count * dimension)
const probes = all.slice(count * dimension)
const oracle = createOracle(dimension)
oracle.upsert(ids, vectors)
const nearest = Array.from(
  { length: probeCount },
  (_, i) => oracle.rank(rowOf(probes, i))[0]!.faceId,
)

function rowOf(rows: Float32Array, i: number): Float32Array<ArrayBuffer> {
  return rows.slice(i * dimension, (i + 1) * dimension)
}

/** For how many of the probes the nearest face is among the first `k` candidates. */
async function recall(table: FaissTable, k: number): Promise<number> {
  const found = await searchTable(table, probes.slice(), k)
  return found.filter((list, i) => list.includes(nearest[i]!)).length
}

async function searchTable(table: FaissTable, rows: Float32Array, k: number): Promise<string[][]> {
  const neighbours = await table.search(rows, k, 0)
  let from = 0
  return neighbours.counts.map((n) => {
    from += n
    return neighbours.faceIds.slice(from - n, from)
  })
}

describe.skipIf(faissVersion() === undefined)(
  'faiss kinds (needs the addon: npm run build:faiss)',
  () => {
    let directory: string
    let provider: VectorIndexProvider | undefined

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'face-watcher-faiss-'))
    })
    afterEach(async () => {
      await provider?.close()
      provider = undefined
      await rm(directory, { recursive: true, force: true })
    })

    it.each([
      // factory, lossy, of 100 probes those whose nearest face is the first, or among the first ten
      ['HNSW32', false, 98, 98], // observed 100, 100
      ['IVF32,Flat', false, 88, 88], // observed 96, 96
      ['SQ8', true, 95, 98], // observed 99, 100
      ['IVF32,PQ32x6', true, 60, 88],
      ['IVF32,Flat,RFlat', false, 88, 88], // observed 96, 96
      ['HNSW16_SQ8', true, 95, 98], // observed 99, 100
      ['PQ16x4fs', true, 35, 90], // observed 46, 100
    ] as const)('%s finds, forgets, and comes back', async (factory, lossy, at1, at10) => {
      const table = createFaissTable(dimension, { factory, metric: 'ip' })
      await table.upsert(ids.slice(0, 900), vectors.subarray(0, 900 * dimension))
      await table.optimize()
      await table.upsert(ids.slice(900), vectors.subarray(900 * dimension))
      await table.optimize()
      const { native, stage } = await table.read(async (rows) => rows)
      expect(stage).toBe('ready')
      expect(native.lossy).toBe(lossy)
      const seen = [await recall(table, 1), await recall(table, 10)]
      expect(seen[0], String(seen)).toBeGreaterThanOrEqual(at1)
      expect(seen[1], String(seen)).toBeGreaterThanOrEqual(at10)

      const gone = ids.filter((_, i) => i % 3 === 0)
      await table.remove(gone)
      const left = new Set(ids.filter((_, i) => i % 3 !== 0))
      for (const phase of ['removed', 'rebuilt']) {
        expect(table.count).toBe(left.size)
        for (const list of await searchTable(table, vectors.slice(0, 64 * dimension), 20)) {
          expect(list.length, phase).toBeGreaterThan(0)
          expect(list.filter((id) => !left.has(id))).toEqual([])
        }
        await table.optimize()
      }
      expect((await table.read(async (rows) => rows)).ids).toHaveLength(left.size)
      table.dispose()
    })

    it.each(['IVF32,Flat', 'HNSW32', 'IVF32,PQ16x6'])(
      '%s answers the same after it was saved and loaded',
      async (factory) => {
        provider = createFaissProvider({ directory, factory })
        const index = await provider.open('c1', dimension)
        await index.upsert(ids, vectors.slice())
        await index.optimize()
        await index.remove(ids.slice(0, 50))
        const before = await index.search(probes.slice(), 5)
        await index.save('cursor')
        await provider.close()
        provider = createFaissProvider({ directory, factory })
        const again = await provider.open('c1', dimension)
        expect(await again.load()).toBe('cursor')
        expect(await again.size()).toBe(count - 50)
        expect(await again.search(probes.slice(), 5)).toEqual(before)
        await again.upsert([ids[0]!], rowOf(vectors, 0))
        expect((await again.search(rowOf(vectors, 0), 1))[0]![0]!.faceId).toBe(ids[0])
      },
    )

    it('gives the exact similarities in an inverted file and in a graph', async () => {
      for (const factory of ['IVF32,Flat', 'HNSW32,Flat']) {
        const table = createFaissTable(dimension, { factory, metric: 'ip' })
        await table.upsert(ids, vectors)
        await table.optimize()
        const neighbours = await table.search(rowOf(probes, 0), 5, 0)
        const exact = new Map(oracle.rank(rowOf(probes, 0)).map((c) => [c.faceId, c.similarity]))
        neighbours.faceIds.forEach((id, i) => {
          expect(neighbours.similarities[i]).toBe(exact.get(id))
        })
        const back = await table.vectors(['nobody', ids[7]!])
        expect(back.subarray(0, dimension).every(Number.isNaN)).toBe(true)
        expect(back.subarray(dimension)).toEqual(rowOf(vectors, 7))
        table.dispose()
      }
    })

    it('is flat until there are enough faces, then trains by itself while it is searched', async () => {
      const table = createFaissTable(dimension, { factory: 'IVF32,Flat', metric: 'ip' })
      await table.upsert(ids.slice(0, 1000), vectors.subarray(0, 1000 * dimension))
      await table.optimize()
      const stage = () => table.read(async (rows) => rows.stage)
      expect(await stage()).toBe('untrained')
      await table.upsert(
        ids.slice(1000, 1300),
        vectors.subarray(1000 * dimension, 1300 * dimension),
      )
      let searches = 0
      while ((await stage()) === 'untrained') {
        const probe = rowOf(vectors, searches % 1000)
        expect((await table.search(probe, 1, 0)).faceIds).toEqual([ids[searches % 1000]])
        // Changes go on, too: some of what is there goes, and something new comes.
        await table.remove([ids[1000 + (searches % 300)]!])
        await table.upsert([ids[1300 + searches]!], rowOf(vectors, 1300 + searches))
        searches++
      }
      const kept = table.faceIds(0, count)
      expect(kept).toHaveLength(table.count)
      expect(new Set(kept).size).toBe(kept.length)
      expect(kept).not.toContain(ids[1000])
      for (let i = 0; i < searches; i++) expect(kept).toContain(ids[1300 + i])
      const found = await searchTable(table, vectors.slice(0, 1000 * dimension), 1)
      expect(found.filter(([id], i) => id === ids[i]).length).toBeGreaterThan(990)
      table.dispose()
    })

    it('does not wait for a training when it is closed', async () => {
      provider = createFaissProvider({ factory: 'IVF64,Flat' })
      const index = await provider.open('c1', 512)
      const many = createClusteredVectors(3000, 512, { seed: 3 })
      await index.upsert(createIds(3000), many)
      const training = index.optimize().catch((error: unknown) => error)
      await provider.close()
      await training
      await expect(index.size()).rejects.toMatchObject({ code: 'notReady' })
    })

    it.each([
      'Nonsense',
      '',
      'IVF0,Flat',
      'IVF99999999999,Flat',
      'PQ0',
      'PQ7',
      'PQ8x40',
      'HNSW0',
      'IMI2x16,Flat',
      'IDMap,Flat',
      'IDMap2,HNSW32',
      'NSG32',
      'Flat;rm',
      'Flat\0',
      `IVF1024,${'('.repeat(180)}`,
    ])('refuses the factory %j', async (factory) => {
      provider = createFaissProvider({ directory, factory })
      await expect(provider.open('c1', dimension)).rejects.toMatchObject({ code: 'invalidOption' })
    })

    it('does not use a snapshot of another factory or metric', async () => {
      provider = createFaissProvider({ directory, factory: 'Flat' })
      const index = await provider.open('c1', dimension)
      await index.upsert(ids.slice(0, 10), vectors.slice(0, 10 * dimension))
      await index.save('cursor')
      await provider.close()
      for (const other of [{ factory: 'HNSW32' }, { metric: 'l2' }] as const) {
        const rejected: string[] = []
        provider = createFaissProvider({
          directory,
          ...other,
          onSnapshotRejected: (id, reason) => rejected.push(`${id}: ${reason}`),
        })
        const changed = await provider.open('c1', dimension)
        expect(await changed.load()).toBeUndefined()
        expect(rejected).toEqual(['c1: otherTarget'])
        await provider.close()
      }
    })

    it('takes a huge k, and ends searches under way before it is destroyed', async () => {
      provider = createFaissProvider({ directory })
      const index = await provider.open('c1', dimension)
      await index.upsert(ids, vectors.slice())
      const [everything] = await index.search(rowOf(probes, 0), Number.MAX_SAFE_INTEGER)
      expect(everything).toHaveLength(count)
      const calls = Array.from({ length: 50 }, () => index.search(probes.slice(), 100))
      const destroyed = index.destroy()
      for (const result of await Promise.allSettled(calls)) {
        if (result.status === 'fulfilled') expect(result.value).toHaveLength(probeCount)
        else expect(result.reason).toMatchObject({ code: 'collectionNotFound' })
      }
      await destroyed
    })

    it('writes a gallery over itself without adding anything', async () => {
      const table = createFaissTable(dimension, { factory: 'HNSW32', metric: 'ip' })
      await table.upsert(ids.slice(0, 100), vectors.subarray(0, 100 * dimension))
      await table.upsert(ids.slice(0, 100), vectors.subarray(0, 100 * dimension))
      expect((await table.read(async (rows) => rows)).ids).toHaveLength(100)
      table.dispose()
    })
  },
)
