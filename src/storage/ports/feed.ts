import type { Cursor, EmbeddingBatch } from '../../core/types.ts'

export interface Change {
  readonly cursor: Cursor
  readonly collectionId: string
  readonly kind: 'faceAdded' | 'faceRemoved' | 'collectionRemoved'
  /** The face; absent for `collectionRemoved`. */
  readonly faceId?: string
  /** Present for `faceAdded` when the face still exists when the change is read. */
  readonly embedding?: Float32Array
}

/** Every change in order, for those who follow a database; and all embeddings, to begin with. */
export interface ChangeFeed {
  /** The cursor of the newest change. */
  latestCursor(): Promise<Cursor>
  /** Up to `limit` changes after the cursor, in order; `undefined` reads from the beginning. @throws {FaceError} `invalidCursor` when it is no longer known: rebuild */
  changes(after: Cursor | undefined, limit: number): Promise<readonly Change[]>
  /** All embeddings of a collection in id order, in batches; for a rebuild. */
  embeddings(
    collectionId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<EmbeddingBatch>
}
