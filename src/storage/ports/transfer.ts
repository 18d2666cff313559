import type { Collection } from './collections.ts'
import type { StoredFace } from './faces.ts'
import type { Person } from './persons.ts'

/**
 * Moves a gallery from one database to another, ids and times included. Restoring what is there
 * already changes nothing, so that an interrupted move is simply done again; everything restored
 * appears in the feed of changes.
 */
export interface TransferStore {
  /** Faces in id order, whole. */
  readFaces(
    collectionId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<readonly StoredFace[]>
  /** @throws {FaceError} `collectionExists` when another collection has the name, or the id with another name, model or dimension; `invalidName` */
  restoreCollection(collection: Collection): Promise<void>
  /** All or none. @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata` */
  restorePersons(collectionId: string, persons: readonly Omit<Person, 'faceCount'>[]): Promise<void>
  /** All or none. @throws {FaceError} `collectionNotFound`, `personNotFound`, `modelMismatch`, `dimensionMismatch`, `invalidEmbedding` */
  restoreFaces(collectionId: string, faces: readonly StoredFace[]): Promise<void>
}
