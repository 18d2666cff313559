import type { ConsentTerm } from '../../core/consent.ts'
import type { Box, EmbeddingBatch, FaceCrop, Landmarks5, Quality } from '../../core/types.ts'
import type { Collection, EmbeddingSet } from './collections.ts'
import type { Recorded, RemovalOptions } from './history.ts'
import type { Page, PageOptions } from './pages.ts'
import type { Metadata, NewPerson, Person } from './persons.ts'
import type { StatementEmbedding } from './statements.ts'

/** Where in its image a face was found, and how usable it was there. */
export interface FaceInImage {
  readonly quality: Quality
  readonly box: Box
  readonly landmarks: Landmarks5
}

/**
 * A stored enrolment, without its embedding. `quality`, `box` and `landmarks` are absent together when
 * it was enrolled from an embedding, without an image.
 */
export interface Face extends Partial<FaceInImage> {
  readonly id: string
  readonly personId: string
  /** The model of its collection that answers. */
  readonly modelId: string
  /** No search finds the face, because it has no embedding of that model. */
  readonly missingEmbedding?: true
  /** Lower-case hex SHA-256 of the image file it came from; without one, of its embedding. */
  readonly imageHash: string
  readonly hasCrop: boolean
  readonly createdAt: string
  /** When it was set aside, so that no search finds it; see [Note: Set-aside] in set-aside.ts. */
  readonly setAsideAt?: string
}

/** What a model made of a face. */
export interface ModelEmbedding {
  readonly modelId: string
  /** [dimension of the model], unit vector */
  readonly embedding: Float32Array
}

/** A face to be stored; all of {@link FaceInImage}, or nothing of it. */
export interface NewFace extends Partial<FaceInImage>, ModelEmbedding {
  /** Of the collection's second model, where it has one. One of another model is not kept. */
  readonly second?: ModelEmbedding
  readonly imageHash: string
  readonly crop?: FaceCrop
}

/** A face with its crop and, where it has one, its embedding of the model that answers. */
export interface StoredFace extends Face {
  readonly embedding?: Float32Array
  readonly crop?: FaceCrop
}

export interface FaceOwner {
  readonly faceId: string
  readonly personId: string
  readonly personName: string
  readonly personMetadata: Metadata
  /** Until when the person's consent is valid; absent: there is none. */
  readonly personConsent?: ConsentTerm
}

/** The facts about a person that a search needs beyond the nearest face. */
export interface PersonSummary {
  readonly personId: string
  /**
   * Ids of the faces that were read, at most {@link import('../rules/person-mean.ts').facesPerMean}:
   * those whose image hashes are lowest, which is a fixed sample.
   */
  readonly faceIds: readonly string[]
  /** Whether these are all faces of the person. */
  readonly complete: boolean
  /**
   * [dimension] direction of the mean of their embeddings, a unit vector; absent for a single face,
   * and where they cancel out.
   */
  readonly mean?: Float32Array
}

export interface NearestFaces {
  /** Owners of all listed faces. */
  readonly owners: readonly FaceOwner[]
  /** Those whose mean may count, as {@link import('../rules/person-mean.ts').choosePersons} says. */
  readonly persons: readonly PersonSummary[]
  /** Embeddings of the nearest face that each of these persons has in each list, where it was read. */
  readonly nearest: EmbeddingBatch
  /** What was said of the owners; only confirmations are nothing to a search and may be left out. */
  readonly statements: readonly StatementEmbedding[]
  /** How many the whole collection has, as `counts` tells. */
  readonly faces: number
  /** The collection as it is now; absent when it is gone. */
  readonly collection?: Collection
}

/** Most faces that are moved at once. */
export const maxMovedFaces = 1000

/**
 * What became of a face that was to be moved. `sameImage`: it stays, because the person has a face of the
 * same place in the same photograph. `notFound`: there is no such face, or it is not of the person
 * whose faces were to be moved.
 */
export const moveOutcomes = ['moved', 'alreadyThere', 'sameImage', 'notFound'] as const
export type MoveOutcome = (typeof moveOutcomes)[number]

export interface MoveOptions extends RemovalOptions {
  /** Only faces of this person; default: faces of anybody. */
  readonly from?: string
  /** Removes persons who have no face left afterwards; default: they stay. */
  readonly removeEmptied?: boolean
}

/** Which faces were moved, and to whom. */
export interface MovedFaces {
  /** Who has the faces now. */
  readonly person: Person
  /** This call made the person. */
  readonly newPerson: boolean
  /** In the order of the given ids. */
  readonly faces: readonly { readonly faceId: string; readonly outcome: MoveOutcome }[]
  /** Ids of persons who have no face left; they are removed where that was asked for. */
  readonly emptied: readonly string[]
  /** The entry in the history; absent when nothing changed. */
  readonly entryId?: string
}

/** Faces that were stored for a person. */
export interface AddedFaces {
  readonly person: Person
  /** This call made the person. */
  readonly newPerson: boolean
  /** In the order of the given ones. */
  readonly faces: readonly (Face & { readonly alreadyEnrolled: boolean })[]
  /** The entry in the history; absent when nothing changed. */
  readonly entryId?: string
}

/** The enrolled faces of a database's persons. */
export interface FaceStore {
  /**
   * Stores faces of a person, all or none; a `NewPerson` is created, or found, in the same transaction.
   * A face whose imageHash and box the person already has is not stored again: the stored one is answered,
   * also where it is set aside, and stays so.
   * @throws {FaceError} `personNotFound`, `collectionNotFound`, `modelMismatch`, `dimensionMismatch`,
   *   `invalidEmbedding`, `consentRequired` where the collection asks for one and there is a face to be
   *   stored, and as `PersonStore.create`
   */
  add(
    collectionId: string,
    person: string | NewPerson,
    faces: readonly NewFace[],
  ): Promise<AddedFaces>
  /** @throws {FaceError} `faceNotFound` */
  get(collectionId: string, faceId: string): Promise<Face>
  list(
    collectionId: string,
    options?: PageOptions & { readonly personId?: string },
  ): Promise<Page<Face>>
  /** @throws {FaceError} `faceNotFound` */
  getCrop(collectionId: string, faceId: string): Promise<FaceCrop | undefined>
  /**
   * Gives faces to a person, all that can be at once; a `NewPerson` is created, or found, in the same
   * transaction. No embedding changes, so searches find them all the time.
   *
   * @param faceIds  1 to {@link maxMovedFaces}, each once
   * @throws {FaceError} `faceNotFound` when none of them is there; `invalidOption` for a list that is
   *   empty, too long, or has an id twice; `personNotFound`, `collectionNotFound`, and as
   *   `PersonStore.create`
   */
  move(
    collectionId: string,
    faceIds: readonly string[],
    to: string | NewPerson,
    options?: MoveOptions,
  ): Promise<MovedFaces>
  /**
   * Removes a face. One that was removed before and is kept for an undo, or that is set aside, is erased
   * by a removal that cannot be undone.
   *
   * @throws {FaceError} `faceNotFound`
   */
  delete(collectionId: string, faceId: string, options?: RemovalOptions): Promise<Recorded>
  /** The persons of these faces; ids that are gone are left out. */
  getOwners(collectionId: string, faceIds: readonly string[]): Promise<readonly FaceOwner[]>
  /**
   * One model's embeddings of one face, of all faces of one person, or of those of the listed faces that
   * exist; faces without one are left out.
   * @throws {FaceError} `faceNotFound`, `personNotFound`
   */
  getEmbeddings(
    set: EmbeddingSet,
    of:
      | { readonly faceId: string }
      | { readonly personId: string }
      | { readonly faceIds: readonly string[] },
  ): Promise<EmbeddingBatch>
  /**
   * Reads everything that a search needs to know of the faces it found, in one round trip.
   * @param set  whose embeddings are meant: those of the index that was searched
   * @param lists  ids of faces, for each probe the nearest first; those that are gone are left out
   */
  lookUpNearest(set: EmbeddingSet, lists: readonly (readonly string[])[]): Promise<NearestFaces>
  /** The faces in this collection that came from this image file; also those that are set aside. */
  findByImage(collectionId: string, imageHash: string): Promise<readonly Face[]>
}
