import type { FaceCrop } from '../../core/types.ts'
import type { Collection, CollectionModel, EmbeddingSet } from './collections.ts'

/** A face without an embedding of a model. */
export interface LackingFace {
  readonly faceId: string
  readonly personId: string
  /** The detector's confidence in the photograph, 0 to 1; absent for a face without an image. */
  readonly confidence?: number
  /** What its embedding can be made of; absent where nothing was kept. */
  readonly crop?: FaceCrop
}

/** The embedding of a stored face. */
export interface FaceEmbedding {
  readonly faceId: string
  /** [dimension of the model], unit vector */
  readonly embedding: Float32Array
}

/**
 * The second model of a collection: begun, filled, switched to and back, ended, erased. Which
 * collection is meant is said by the collection as it was read; where its models have changed since,
 * nothing happens and `undefined` is answered.
 */
export interface SecondModelStore {
  /**
   * Gives a collection a second model; the one that it has already, where that is of the same id.
   * Embeddings of the model that are left from an earlier time have to be erased before.
   *
   * @returns the collection as it is now
   * @throws {FaceError} `collectionNotFound`; `modelConflict` when it has another second model, or the
   *   model is the one that answers; `invalidOption` for a dimension that is none
   */
  begin(collectionId: string, model: Omit<CollectionModel, 'indexId'>): Promise<Collection>
  /**
   * Faces of a collection without an embedding of the model, in id order.
   *
   * @param after  id of the last face of the part before
   */
  lacking(
    set: EmbeddingSet,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly LackingFace[]>
  countLacking(set: EmbeddingSet): Promise<number>
  /**
   * Stores embeddings of faces, all or none; those whose faces are gone, or have one already, are left out.
   *
   * @param set  collection and model; the model is one of the collection's
   * @returns how many were stored
   * @throws {FaceError} `collectionNotFound`, `modelMismatch` when the collection has no such model (any
   *   more), `dimensionMismatch`, `invalidEmbedding`
   */
  fill(set: EmbeddingSet, embeddings: readonly FaceEmbedding[]): Promise<number>
  /** The second model answers from now on, and the one that answered is the second. */
  switchTo(was: Collection): Promise<Collection | undefined>
  /** The collection has no second model any more. What is kept of it stays until {@link erase}. */
  end(was: Collection): Promise<Collection | undefined>
  /**
   * Erases embeddings of a model that the collection does not have (any more).
   *
   * @returns how many were erased, at most `limit`; fewer when there are no more
   * @throws {FaceError} `modelConflict` when the collection has the model
   */
  erase(set: EmbeddingSet, limit: number): Promise<number>
}
