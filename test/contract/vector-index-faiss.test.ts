import { join } from 'node:path'
import { describe, it } from 'vitest'
import { createFaissProvider, faissVersion } from '../../src/search/faiss/provider.ts'
import { describeVectorIndexContract } from './vector-index.ts'

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
}
