import { join } from 'node:path'
import { createProjectedProvider } from '../../src/search/projected/provider.ts'
import type { VectorIndex, VectorIndexProvider } from '../../src/search/vector-index.ts'
import { describeVectorIndexContract } from './vector-index.ts'

const snapshotFile = (directory: string, collectionId: string): string =>
  join(directory, collectionId, 'projected.snapshot')

describeVectorIndexContract(
  'projected, small galleries searched exactly',
  async (directory) => createProjectedProvider({ directory }),
  { snapshotFile },
)

describeVectorIndexContract(
  'projected, learning again after every change',
  async (directory) =>
    learningAtOnce(createProjectedProvider({ directory, minFaces: 256, threads: 2 })),
  // Random vectors fill all dimensions, the worst case for codes, and still nothing may be missed.
  { snapshotFile },
)

/** Learns before it answers, so that no search comes before there are codes. */
function learningAtOnce(provider: VectorIndexProvider): VectorIndexProvider {
  const opened = new WeakMap<VectorIndex, VectorIndex>()
  return {
    ...provider,
    async open(collectionId, dimension) {
      const index = await provider.open(collectionId, dimension)
      const learning = opened.get(index) ?? {
        ...index,
        async upsert(faceIds: readonly string[], vectors: Float32Array) {
          await index.upsert(faceIds, vectors)
          await index.optimize()
        },
      }
      opened.set(index, learning)
      return learning
    },
  }
}
