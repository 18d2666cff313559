import type { Actor } from '../../core/actor.ts'
import type { EmbeddingSet } from './collections.ts'
import type { Page, PageOptions } from './pages.ts'

/** `rejection`: the face is not the person. `confirmation`: it is. */
export type StatementKind = 'rejection' | 'confirmation'

/** Rejections and confirmations of one person; each search compares those of its candidates. */
export const maxStatements = 1000

/** What somebody said of a face and a person. Searches hold to rejections, see [Note: Not this person] in not-this-person.ts. */
export interface Statement {
  readonly id: string
  readonly kind: StatementKind
  readonly personId: string
  /** The stored face that it was said of, with which it goes; absent for an image or an embedding. */
  readonly faceId?: string
  /** Whose face that is now; there when `faceId` is. */
  readonly facePersonId?: string
  /** A crop of the stored face is kept, so that one can see of what it was said. */
  readonly hasCrop: boolean
  /** Lower-case hex SHA-256 of the image file with the face; without one, of its embedding. */
  readonly imageHash: string
  /** There is an embedding of the model that answers. Without one nothing can be compared. */
  readonly inForce: boolean
  readonly createdAt: string
  readonly createdBy: Actor
}

/** A face that is not stored, of which something is said. */
export interface SaidOf {
  readonly modelId: string
  /** [dimension of the model], unit vector */
  readonly embedding: Float32Array
  readonly imageHash: string
  /** Where in the image it was found; absent for an embedding. */
  readonly box?: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }
}

export interface NewStatement {
  readonly kind: StatementKind
  readonly of: { readonly faceId: string } | SaidOf
}

/** An embedding of what was rejected, or confirmed, as a person. */
export interface StatementEmbedding {
  readonly id: string
  readonly kind: StatementKind
  readonly personId: string
  /** [dimension of the model], unit vector */
  readonly embedding: Float32Array
}

/**
 * What was said of faces and persons. It goes with the person, the face, and the collection. A rejection
 * also ends where its very face becomes the person's, whoever gives it, until that is undone.
 */
export interface StatementStore {
  /**
   * Keeps a statement. Of one face of one image the newer word about a person counts: an older one of
   * the other kind is revoked. One of the same kind is answered as it is.
   *
   * The embeddings of a stored face are those of the face, of all its models, also later ones.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `faceNotFound`, `modelMismatch`,
   *   `dimensionMismatch`, `invalidEmbedding`; `faceOfPerson` for the rejection of a face that the
   *   person has, by its id or as the same face of the same image; `limitReached` where
   *   {@link maxStatements} were said of the person
   */
  add(
    collectionId: string,
    personId: string,
    statement: NewStatement,
  ): Promise<{
    readonly statement: Statement
    readonly alreadyStated: boolean
    /** The one that does not count any more. */
    readonly revoked?: Statement
  }>
  /** @throws {FaceError} `statementNotFound` */
  get(collectionId: string, id: string): Promise<Statement>
  /** Newest last. Without a person: those of all persons. */
  list(
    collectionId: string,
    options?: PageOptions & { readonly personId?: string; readonly kind?: StatementKind },
  ): Promise<Page<Statement>>
  /** One model's embeddings of what was said of one person. */
  embeddings(set: EmbeddingSet, personId: string): Promise<readonly StatementEmbedding[]>
  /** @throws {FaceError} `statementNotFound` */
  revoke(collectionId: string, id: string): Promise<void>
}
