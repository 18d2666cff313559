import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  createFaissPool,
  createFaissProvider,
  faissVersion,
} from '../../src/search/faiss/provider.ts'
import { describeVectorIndexContract } from './vector-index.ts'
import { createClusteredVectors, createIds } from './vector-index-oracle.ts'

const snapshotFile = (directory: string, collectionId: string) =>
  join(directory, collectionId, 'faiss.snapshot')

if (faissVersion() === undefined) {
  describe('vector index: faiss', () => {
    it.skip('needs the faiss addon: npm run build:faiss', () => undefined)
  })
} else {
  describeVectorIndexContract(
    'faiss Flat, inner product',
    async (directory) => createFaissProvider({ directory, factory: 'Flat' }),
    // Similarities are float64 sums of what faiss found.
    { snapshotFile },
  )
  describeVectorIndexContract(
    'faiss Flat, L2',
    async (directory) => createFaissProvider({ directory, factory: 'Flat', metric: 'l2' }),
    // 1 - d/2 of vectors that are unit only to float32; observed 1e-7
    { snapshotFile, tolerance: 1e-6 },
  )

  describe('faiss index', () => {
    it('tells that the worker died, and fails every call until it is loaded', async () => {
      const directory = await mkdtemp(join(tmpdir(), 'face-watcher-faiss-'))
      const lost: string[] = []
      const pool = createFaissPool({})
      const provider = createFaissProvider({ directory, pool, onLost: (id) => lost.push(id) })
      const index = await provider.open('c1', 16)
      const vectors = createClusteredVectors(500, 16, { seed: 1 })
      await index.upsert(createIds(500), vectors.slice())
      await index.save('saved')
      await pool.threads[0]!.terminate()
      await expect.poll(() => lost).toEqual(['c1'])
      const probe = vectors.slice(0, 16)
      for (const call of [() => index.search(probe, 1), () => index.save('later')]) {
        await expect(call()).rejects.toMatchObject({ code: 'workerFailed' })
      }
      expect(await index.load()).toBe('saved')
      expect((await index.search(probe, 1))[0]![0]!.faceId).toBe(createIds(1)[0])
      await provider.close()
      await rm(directory, { recursive: true, force: true })
    })

    it('tells that vectors will be kept at a loss before there are any', async () => {
      const provider = createFaissProvider({ factory: 'SQ8' })
      const index = await provider.open('c1', 16)
      expect(index.lossy).toBe(true)
      // Flat, and so without loss, until there are enough faces to train it.
      expect(await index.status()).toEqual({ faces: 0, factory: 'SQ8', lossy: true })
      await provider.close()
    })
  })
}
