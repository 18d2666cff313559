import type { Cursor } from '../core/types.ts'

/** A face that a search found. */
export interface Neighbour {
  readonly faceId: string
  /** Cosine, -1 to 1. */
  readonly similarity: number
}

/** Facts of an index in JSON's types; which ones there are depends on its kind. */
export interface IndexStatus {
  readonly faces: number
  readonly [fact: string]: unknown
}

/**
 * One collection's vectors: a cache of the store, never a second truth. Vectors are L2-normalised.
 * Kinds may learn from the gallery (`optimize`), live in native code or on another machine.
 */
export interface VectorIndex {
  readonly kind: string
  readonly dimension: number
  /**
   * Vectors are kept at a loss (product quantisation and the like): similarities and `vectors` are
   * estimates. The gallery computes the similarities of the faces found again from the store.
   */
  readonly lossy?: boolean
  /** Faces that a search can find. */
  size(): Promise<number>
  /** Facts that the kind reports about itself: `faces`, and how it searches them. */
  status(): Promise<IndexStatus>
  /** Insert or replace. @param vectors faceIds.length x dimension, row-major; may be transferred */
  upsert(faceIds: readonly string[], vectors: Float32Array): Promise<void>
  /** Unknown ids are ignored; gone from search when the promise resolves. */
  remove(faceIds: readonly string[]): Promise<void>
  /**
   * @param probes n x dimension, row-major
   * @param more   candidates wanted behind the best `k`, default 0: near ones, of which an index that
   *   is not exact may miss more than of the best; the gallery takes their mean, see [Note: Probe
   *   shift] in probe-shift.ts
   * @returns for each probe at most `k + more` candidates, similarity descending, ties by face id; fewer when fewer are stored
   */
  search(probes: Float32Array, k: number, more?: number): Promise<readonly (readonly Neighbour[])[]>
  /** All ids, for verification. */
  ids(): Promise<readonly string[]>
  /** The stored vectors of these ids, in order; a missing one is a row of NaN. */
  vectors(faceIds: readonly string[]): Promise<Float32Array>
  /** Empties the index. */
  clear(): Promise<void>
  /** Learns from or reorganises what is stored; a no-op for kinds that do not. */
  optimize(): Promise<void>
  /** Writes a snapshot with the cursor it reflects, atomically, with a checksum. */
  save(cursor: Cursor): Promise<void>
  /** Loads the snapshot; `undefined` (and an empty index) when there is none or it is damaged. */
  load(): Promise<Cursor | undefined>
  /** Removes the snapshot and frees the memory. */
  destroy(): Promise<void>
}

/** Makes and closes the indexes of one kind. */
export interface VectorIndexProvider {
  readonly kind: string
  open(collectionId: string, dimension: number): Promise<VectorIndex>
  /**
   * Whether embeddings of the collection are kept beyond this process, so that what is deleted has
   * to go from there, too. Absent: they may be.
   */
  keeps?(collectionId: string): Promise<boolean>
  /** Removes the snapshots of all other collections: these are all that exist. */
  retain?(collectionIds: ReadonlySet<string>): Promise<void>
  close(): Promise<void>
}
