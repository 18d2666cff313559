import type { Cursor, EmbeddingBatch } from '../../core/types.ts'
import type { EmbeddingSet } from './collections.ts'

export interface Change {
  readonly cursor: Cursor
  readonly collectionId: string
  /**
   * `faceAdded`: a face has an embedding of a model that it did not have before; of a new face with two
   * embeddings there are two changes. `faceRemoved`: with all its embeddings. `modelsChanged`: a second
   * model was begun or ended; the collection tells which models it has now.
   */
  readonly kind: 'faceAdded' | 'faceRemoved' | 'modelsChanged' | 'collectionRemoved'
  /** Of `faceAdded` and `faceRemoved`. */
  readonly faceId?: string
  /** Of `faceAdded`, where it is still known. */
  readonly modelId?: string
  /** Of `faceAdded`, where the face still has it when the change is read. */
  readonly embedding?: Float32Array
}

/** Every change in order, for those who follow a database; and all embeddings, to begin with. */
export interface ChangeFeed {
  /** The cursor of the newest change. */
  latestCursor(): Promise<Cursor>
  /** Up to `limit` changes after the cursor, in order; `undefined` reads from the beginning. @throws {FaceError} `invalidCursor` when it is no longer known: rebuild */
  changes(after: Cursor | undefined, limit: number): Promise<readonly Change[]>
  /** All embeddings that a model made of a collection's faces, in the order of the faces' ids, in batches; for a rebuild. */
  embeddings(
    set: EmbeddingSet,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<EmbeddingBatch>
}
