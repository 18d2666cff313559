import { FaceError } from '../../src/core/errors.ts'
import { dotProduct } from '../../src/core/similarity.ts'
import type { Cursor } from '../../src/core/types.ts'
import type { VectorIndex, VectorIndexProvider } from '../../src/search/vector-index.ts'

interface Snapshot {
  readonly cursor: Cursor
  readonly vectors: ReadonlyMap<string, Float32Array>
}

/** What outlives a provider, as files on a disk do. */
export interface SnapshotDisk {
  readonly snapshots: Map<string, Snapshot>
}

/** An index provider in plain memory, with faults to order. */
export interface MemoryProvider extends VectorIndexProvider {
  /** As when the index's worker dies: everything fails with `workerFailed` until it is loaded. */
  loseAll(): void
  /** What `before` throws or waits for happens to the operation. */
  before: (operation: keyof VectorIndex, collectionId: string) => Promise<void> | void
  /** Similarities are estimates, rounded to multiples of this; 0: exact. */
  blur: number
  /** What the status of each index tells beside its faces. */
  facts: Readonly<Record<string, unknown>>
  /** How often each operation was called. */
  readonly calls: Map<string, number>
  /** The stored vectors, to look at and to tamper with. */
  vectorsOf(collectionId: string): Map<string, Float32Array>
}

export function createSnapshotDisk(): SnapshotDisk {
  return { snapshots: new Map() }
}

export function createMemoryProvider(disk: SnapshotDisk = createSnapshotDisk()): MemoryProvider {
  const contents = new Map<string, Map<string, Float32Array>>()
  const lost = new Set<string>()

  function createIndex(id: string, dimension: number): VectorIndex {
    const stored = (): Map<string, Float32Array> => {
      if (lost.has(id)) throw new FaceError('workerFailed')
      return provider.vectorsOf(id)
    }
    const enter = async (operation: keyof VectorIndex): Promise<void> => {
      provider.calls.set(operation, (provider.calls.get(operation) ?? 0) + 1)
      await provider.before(operation, id)
    }
    return {
      kind: 'memory',
      dimension,
      get lossy() {
        return provider.blur > 0
      },
      async size() {
        await enter('size')
        return stored().size
      },
      async status() {
        await enter('status')
        return { faces: stored().size, ...provider.facts }
      },
      async upsert(faceIds, vectors) {
        await enter('upsert')
        for (const [row, faceId] of faceIds.entries()) {
          stored().set(faceId, vectors.slice(row * dimension, (row + 1) * dimension))
        }
      },
      async remove(faceIds) {
        await enter('remove')
        for (const faceId of faceIds) stored().delete(faceId)
      },
      async search(probes, k, more = 0) {
        await enter('search')
        return Array.from({ length: probes.length / dimension }, (_, row) => {
          const probe = probes.subarray(row * dimension, (row + 1) * dimension)
          return [...stored()]
            .map(([faceId, vector]) => ({ faceId, similarity: blur(dotProduct(probe, vector)) }))
            .sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
            .slice(0, k + more)
        })
      },
      async ids() {
        await enter('ids')
        return [...stored().keys()]
      },
      async vectors(faceIds) {
        await enter('vectors')
        const out = new Float32Array(faceIds.length * dimension).fill(Number.NaN)
        for (const [row, faceId] of faceIds.entries()) {
          const vector = stored().get(faceId)
          if (vector) out.set(vector, row * dimension)
        }
        return out
      },
      async clear() {
        await enter('clear')
        lost.delete(id)
        stored().clear()
      },
      optimize: () => enter('optimize'),
      async save(cursor) {
        await enter('save')
        disk.snapshots.set(id, { cursor, vectors: new Map(stored()) })
      },
      async load() {
        await enter('load')
        lost.delete(id)
        stored().clear()
        const snapshot = disk.snapshots.get(id)
        for (const [faceId, vector] of snapshot?.vectors ?? []) stored().set(faceId, vector)
        return snapshot?.cursor
      },
      async destroy() {
        await enter('destroy')
        contents.delete(id)
        disk.snapshots.delete(id)
      },
    }
  }

  const blur = (similarity: number): number =>
    provider.blur > 0 ? Math.round(similarity / provider.blur) * provider.blur : similarity

  const provider: MemoryProvider = {
    kind: 'memory',
    blur: 0,
    facts: {},
    before: () => {},
    calls: new Map(),
    loseAll() {
      for (const [id, vectors] of contents) {
        vectors.clear()
        lost.add(id)
      }
    },
    vectorsOf(id) {
      let vectors = contents.get(id)
      if (!vectors) {
        vectors = new Map()
        contents.set(id, vectors)
      }
      return vectors
    },
    open: async (id, dimension) => createIndex(id, dimension),
    close: async () => {},
  }
  return provider
}
