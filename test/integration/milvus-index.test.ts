import { setTimeout as pause } from 'node:timers/promises'
import { MilvusClient } from '@zilliz/milvus2-sdk-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createMilvusProvider,
  type MilvusProviderOptions,
} from '../../src/search/milvus/provider.ts'
import type { VectorIndex, VectorIndexProvider } from '../../src/search/vector-index.ts'
import { createClusteredVectors, createIds, createOracle } from '../contract/vector-index-oracle.ts'
import { newMilvusPrefix, openTestMilvus, type TestMilvus, whyNoMilvus } from '../servers/milvus.ts'

const skipReason = whyNoMilvus({ own: false })
const name = `Milvus index${skipReason ? ` (${skipReason})` : ''}`
const dimension = 64
const vectors = createClusteredVectors(400, dimension, { seed: 7 })
const vectorOf = (i: number) => vectors.slice(i * dimension, (i + 1) * dimension)
const ids = createIds(400)
/** Longer than Milvus takes to show a write. */
const soon = { timeout: 10_000, interval: 50 }

// Milvus takes seconds to make a collection.
describe.skipIf(skipReason)(name, { timeout: 120_000 }, () => {
  let server: TestMilvus
  let prefix: string
  let providers: VectorIndexProvider[]

  beforeAll(async () => {
    server = await openTestMilvus()
  })
  afterAll(() => server?.stop())

  beforeEach(() => {
    prefix = newMilvusPrefix()
    providers = []
  })
  afterEach(async () => {
    for (const provider of providers) await provider.close()
  })

  /** The index as a node of its own has it. */
  async function openNode(options: Partial<MilvusProviderOptions> = {}): Promise<VectorIndex> {
    const provider = createMilvusProvider({
      address: server.address,
      prefix,
      indexType: 'FLAT',
      ...options,
    })
    providers.push(provider)
    return provider.open('c1', dimension)
  }

  /** A node that has filled the index with the first faces and saved its place. */
  async function openFilled(count: number): Promise<VectorIndex> {
    const index = await openNode()
    expect(await index.load()).toBeUndefined()
    await index.clear()
    await index.upsert(ids.slice(0, count), vectors.slice(0, count * dimension))
    await index.save('filled')
    return index
  }

  async function nearest(index: VectorIndex, i: number): Promise<string | undefined> {
    const [list] = await index.search(vectorOf(i), 1)
    return list![0]?.faceId
  }

  async function withSdk<T>(body: (sdk: MilvusClient) => Promise<T>): Promise<T> {
    const sdk = new MilvusClient({ address: server.address, logLevel: 'error' })
    try {
      return await body(sdk)
    } finally {
      await sdk.closeConnection()
    }
  }

  it('finds a face as soon as it is written and never after it was removed', async () => {
    const index = await openFilled(20)
    for (let i = 20; i < 40; i++) {
      await index.upsert([ids[i]!], vectorOf(i))
      expect(await nearest(index, i)).toBe(ids[i])
      await index.remove([ids[i]!])
      expect(await nearest(index, i)).not.toBe(ids[i])
    }
    // Milvus shows the additions and the removals one after the other about now.
    const end = performance.now() + 1500
    for (let i = 20; performance.now() < end; i = i === 39 ? 20 : i + 1) {
      const [list] = await index.search(vectorOf(i), 40)
      expect(list!.map((item) => item.faceId).sort()).toEqual(ids.slice(0, 20))
    }
    expect(await index.size()).toBe(20)
  })

  it.each(['HNSW', 'IVF_FLAT'] as const)('searches with an index of type %s', async (indexType) => {
    const index = await openNode({ indexType })
    await index.upsert(ids, vectors.slice())
    const oracle = createOracle(dimension)
    oracle.upsert(ids, vectors)
    await withSdk(async (sdk) => {
      await sdk.flushSync({ collection_names: [`${prefix}_c1`] })
      await expect
        .poll(async () => {
          const [description] = (await sdk.describeIndex({ collection_name: `${prefix}_c1` }))
            .index_descriptions
          return `${description!.state}, ${description!.indexed_rows} rows`
        }, soon)
        .toBe('Finished, 400 rows')
    })
    for (let i = 0; i < 400; i += 40) {
      const [list] = await index.search(vectorOf(i), 5)
      const expected = oracle.rank(vectorOf(i)).slice(0, 5)
      expect(list!.map((item) => item.faceId)).toEqual(expected.map((item) => item.faceId))
    }
  })

  it('loads as new when its index type was changed', async () => {
    await openFilled(5)
    const index = await openNode({ indexType: 'IVF_FLAT' })
    expect(await index.load()).toBeUndefined()
    expect(await index.size()).toBe(0)
  })

  describe('shared by two nodes', () => {
    it('shows one what the other writes and removes', async () => {
      const first = await openFilled(20)
      const second = await openNode()
      expect(await second.load()).toBe('filled')
      expect(await second.size()).toBe(20)
      expect(await nearest(second, 3)).toBe(ids[3])
      await first.upsert([ids[30]!], vectorOf(30))
      await expect.poll(() => nearest(second, 30), soon).toBe(ids[30])
      await first.remove([ids[3]!])
      await expect.poll(() => nearest(second, 3), soon).not.toBe(ids[3])
    })

    it('lets both apply the same changes, in any order', async () => {
      const nodes = [await openFilled(0), await openNode()]
      expect(await nodes[1]!.load()).toBe('filled')
      await Promise.all(
        nodes.map(async (index) => {
          for (let from = 0; from < 200; from += 50) {
            const part = vectors.slice(from * dimension, (from + 50) * dimension)
            await index.upsert(ids.slice(from, from + 50), part)
            await index.remove([ids[from]!, ids[from + 1]!])
            expect(await nearest(index, from + 2)).toBe(ids[from + 2])
            expect(await nearest(index, from)).not.toBe(ids[from])
          }
        }),
      )
      const expected = ids.slice(0, 200).filter((_, i) => i % 50 > 1)
      for (const index of nodes) {
        expect([...(await index.ids())].sort()).toEqual(expected)
        expect(await index.size()).toBe(expected.length)
        await index.save('both')
      }
      const third = await openNode()
      expect(await third.load()).toBe('both')
      expect(await third.size()).toBe(expected.length)
    })

    it('does not write again what the other has written', async () => {
      const first = await openFilled(100)
      const second = await openNode()
      await second.load()
      const rowsBefore = await countInserted()
      await second.upsert(ids.slice(0, 100), vectors.slice(0, 100 * dimension))
      await first.upsert(ids.slice(0, 100), vectors.slice(0, 100 * dimension))
      expect(await countInserted()).toBe(rowsBefore)
      // But a face whose vector is another one is.
      await second.upsert([ids[0]!], vectorOf(200))
      expect(await nearest(second, 200)).toBe(ids[0])
      expect(await countInserted()).toBe(rowsBefore + 1)
    })

    /** Rows ever inserted, replaced ones included; known after a flush. */
    function countInserted(): Promise<number> {
      return withSdk(async (sdk) => {
        await sdk.flushSync({ collection_names: [`${prefix}_c1`] })
        const { data } = await sdk.getCollectionStatistics({ collection_name: `${prefix}_c1` })
        return Number(data['row_count'])
      })
    }

    it('removes again a face that a slower node wrote after its removal', async () => {
      const fast = await openFilled(10)
      const slow = await openNode()
      await slow.load()
      await fast.upsert([ids[20]!], vectorOf(20))
      await fast.remove([ids[20]!])
      await pause(1000)
      await slow.upsert([ids[20]!], vectorOf(20))
      expect(await nearest(slow, 20)).toBe(ids[20])
      expect(await nearest(fast, 20)).not.toBe(ids[20])
      await expect.poll(() => fast.size(), { timeout: 30_000, interval: 500 }).toBe(10)
    })

    it('makes the others wait while one fills it', async () => {
      const first = await openNode()
      await first.load()
      await first.clear()
      await first.upsert(ids.slice(0, 10), vectors.slice(0, 10 * dimension))
      const second = await openNode()
      const waits = { code: 'indexUnavailable', detail: 'Another node is filling the index.' }
      await expect(second.load()).rejects.toMatchObject(waits)
      await expect(second.clear()).rejects.toMatchObject(waits)
      await first.save('done')
      expect(await second.load()).toBe('done')
    })

    it('takes nothing for complete that the other has begun anew', async () => {
      const first = await openFilled(30)
      const second = await openNode()
      await second.load()
      await second.clear()
      const lost = { code: 'workerFailed' }
      await expect(first.search(vectorOf(1), 1)).rejects.toMatchObject(lost)
      await expect(first.upsert([ids[0]!], vectorOf(0))).rejects.toMatchObject(lost)
      await expect(first.save('old')).rejects.toMatchObject(lost)
      await second.upsert(ids.slice(0, 5), vectors.slice(0, 5 * dimension))
      await second.save('anew')
      expect(await first.load()).toBe('anew')
      expect(await first.size()).toBe(5)
      expect(await nearest(first, 1)).toBe(ids[1])
    })
  })

  describe('without its data', () => {
    it('is built anew when the collection is gone', async () => {
      const index = await openFilled(10)
      await withSdk((sdk) => sdk.dropCollection({ collection_name: `${prefix}_c1` }))
      await expect(index.search(vectorOf(1), 1)).rejects.toMatchObject({ code: 'workerFailed' })
      expect(await index.load()).toBeUndefined()
      await index.clear()
      await index.upsert([ids[0]!], vectorOf(0))
      expect(await nearest(index, 0)).toBe(ids[0])
    })

    it('is built anew when most rows are gone', async () => {
      const index = await openFilled(10)
      await withSdk((sdk) =>
        sdk.delete({
          collection_name: `${prefix}_c1`,
          filter: `id in ${JSON.stringify(ids.slice(0, 6))}`,
        }),
      )
      expect(await index.load()).toBeUndefined()
      expect(await index.size()).toBe(0)
    })
  })
})

describe('Milvus index without a server', () => {
  it('answers that it is not reachable, and opens all the same', async () => {
    // A port that is never listened on.
    const provider = createMilvusProvider({ address: '127.0.0.1:1', timeoutMs: 2000 })
    const index = await provider.open('c1', dimension)
    const unreachable = { code: 'indexUnavailable', status: 503 }
    await expect(index.load()).rejects.toMatchObject(unreachable)
    await expect(index.clear()).rejects.toMatchObject(unreachable)
    await expect(index.upsert([ids[0]!], vectorOf(0))).rejects.toMatchObject(unreachable)
    await provider.close()
    await expect(index.load()).rejects.toMatchObject({ code: 'notReady' })
    await expect(provider.open('c1', dimension)).rejects.toMatchObject({ code: 'notReady' })
  })
})
