import type { Collection, NewCollection } from './collections.ts'
import type { StoredFace } from './faces.ts'
import type { Person } from './persons.ts'
import type { SaidOf, Statement } from './statements.ts'

/** A collection as it is moved: with the model that answers alone. */
export type MovedCollection = NewCollection & Pick<Collection, 'id' | 'createdAt'>

/** What a statement is about, as it is moved. */
export type MovedSubject =
  | { readonly faceId: string }
  | (Pick<SaidOf, 'imageHash' | 'box'> & {
      /** Of the model that answers; absent when only another one made one. */
      readonly embedding?: Float32Array
    })

/** A statement as it is moved. */
export interface MovedStatement
  extends Pick<Statement, 'id' | 'kind' | 'personId' | 'createdAt' | 'createdBy'> {
  readonly of: MovedSubject
}

/**
 * Moves a gallery from one database to another, ids and times included. Restoring what is there
 * already changes nothing, so that an interrupted move is simply done again; everything restored
 * appears in the feed of changes.
 */
export interface TransferStore {
  /** Faces in id order, with their embeddings of the model that answers. */
  readFaces(
    collectionId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly StoredFace[]>
  /** @throws {FaceError} `collectionExists` when another collection has the name, or the id with another name, model or dimension; `invalidName` */
  restoreCollection(collection: MovedCollection): Promise<void>
  /** All or none. @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata` */
  restorePersons(collectionId: string, persons: readonly Omit<Person, 'faceCount'>[]): Promise<void>
  /** All or none. @throws {FaceError} `collectionNotFound`, `personNotFound`, `modelMismatch`, `dimensionMismatch`, `invalidEmbedding` */
  restoreFaces(collectionId: string, faces: readonly StoredFace[]): Promise<void>
  /** Statements in id order, with their embeddings of the model that answers. */
  readStatements(
    collectionId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly MovedStatement[]>
  /**
   * All or none of those that can be: one whose person or face is not there is left out, as are the
   * rejection of a person's own face, and one about a face of an image of which something else was
   * said of the person. Embeddings are kept bit for bit.
   * @throws {FaceError} `collectionNotFound`, `dimensionMismatch`, `invalidEmbedding`, `invalidOption`
   */
  restoreStatements(collectionId: string, statements: readonly MovedStatement[]): Promise<void>
}
