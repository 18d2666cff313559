import { dotProduct } from '../../core/similarity.ts'
import type { Neighbour } from '../vector-index.ts'

/** A change that Milvus has acknowledged and may not show yet. */
export interface RecentChange {
  readonly faceId: string
  /** The vector; absent when the face was removed. */
  readonly vector?: Float32Array
  /** Milvus had, or may still show, something else under this id. */
  readonly replaces: boolean
  /** ms of the clock given to {@link createMilvusOverlay} */
  readonly at: number
}

/** The recent changes as a search sees them from the moment when it begins. */
export interface OverlayView {
  /** The best `k` of the faces held here for each probe, by similarity, ties by face id. */
  readonly neighbours: readonly (readonly Neighbour[])[]
  /** Whether Milvus' answer about this face is out of date. */
  hides(faceId: string): boolean
}

/** This node's recent changes, one a face. */
export interface MilvusOverlay {
  readonly size: number
  /** Faces held with their vectors, not counting the removed ones. */
  readonly held: number
  get(faceId: string): RecentChange | undefined
  add(faceId: string, vector: Float32Array, options: { readonly replaces: boolean }): void
  remove(faceId: string): void
  view(
    probes: Float32Array,
    options: { readonly k: number; readonly dimension: number },
  ): OverlayView
  /** Those that may be settled now if Milvus shows them. */
  due(): readonly RecentChange[]
  /** Forgets the change, unless there is a newer one of the face. */
  settle(change: RecentChange): void
  clear(): void
}

// [Note: Read your writes over Milvus]
// Milvus shows an acknowledged write about 200 ms later; waiting for it (Strong consistency) costs
// that much in every search. So a node keeps its own recent changes here, exactly, and merges them
// into each answer of a Bounded search until Milvus shows them. A new face is shown when its id is
// found. A removed or replaced one cannot be judged that way at once, since a view from before
// its last change may look right, too; it waits until Bounded views must contain the change.
// While it waits, a removal is looked after: see [Note: Nodes that share a collection] in state.ts.

/** Milvus' `common.gracefulTime`, 5 s, is how old a Bounded view may be; twice that. */
const viewAgeMs = 10_000

/** Float32 sums differ by the order of addition, about 1e-7; see `roundSimilarity`. */
const similaritySteps = 1e6

/** The similarity to 6 decimals: equal for equal vectors, wherever it was computed. */
export function roundSimilarity(similarity: number): number {
  return Math.round(similarity * similaritySteps) / similaritySteps
}

/** Order of answers: similarity descending, ties by face id. */
export function compareNeighbours(a: Neighbour, b: Neighbour): number {
  return b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1)
}

/** Creates an empty overlay. @param now a clock, ms */
export function createMilvusOverlay(now: () => number = () => performance.now()): MilvusOverlay {
  const changes = new Map<string, RecentChange>()
  let held = 0

  function put(change: RecentChange): void {
    forget(change.faceId)
    changes.set(change.faceId, change)
    if (change.vector) held++
  }

  function forget(faceId: string): void {
    if (changes.get(faceId)?.vector) held--
    changes.delete(faceId)
  }

  return {
    get size() {
      return changes.size
    },
    get held() {
      return held
    },
    get: (faceId) => changes.get(faceId),
    add: (faceId, vector, { replaces }) => put({ faceId, vector, replaces, at: now() }),
    remove: (faceId) => put({ faceId, replaces: true, at: now() }),

    view(probes, { k, dimension }) {
      const present = [...changes.values()].filter((change) => change.vector)
      // Copied, since a change may be settled while Milvus answers from before it.
      const replaced = new Set(
        present.filter(({ replaces }) => replaces).map(({ faceId }) => faceId),
      )
      const neighbours = Array.from({ length: probes.length / dimension }, (_, row) => {
        const probe = probes.subarray(row * dimension, (row + 1) * dimension)
        return present
          .map(({ faceId, vector }) => ({
            faceId,
            similarity: roundSimilarity(dotProduct(probe, vector!)),
          }))
          .sort(compareNeighbours)
          .slice(0, k)
      })
      return {
        neighbours,
        hides(faceId) {
          const change = changes.get(faceId)
          return replaced.has(faceId) || (change !== undefined && !change.vector)
        },
      }
    },

    due() {
      const latest = now() - viewAgeMs
      return [...changes.values()].filter(({ replaces, at }) => !replaces || at <= latest)
    },
    settle(change) {
      if (changes.get(change.faceId) === change) forget(change.faceId)
    },
    clear() {
      changes.clear()
      held = 0
    },
  }
}
