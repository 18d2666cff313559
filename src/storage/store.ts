import type {
  Box,
  Cursor,
  DecisionPolicy,
  EmbeddingBatch,
  Landmarks5,
  Quality,
} from '../core/types.ts'

/** Free-form JSON object, at most {@link maxMetadataBytes} as UTF-8 JSON, at most 16 levels deep. */
export type Metadata = Readonly<Record<string, unknown>>

export const maxMetadataBytes = 16_384
export const maxNameLength = 200

export interface Collection {
  /** ULID; tells a collection from a later one of the same name. */
  readonly id: string
  /** Unique; `^[a-z0-9][a-z0-9_-]{0,63}$`; the address of the collection in the API. */
  readonly name: string
  readonly modelId: string
  readonly dimension: number
  readonly policy: DecisionPolicy
  readonly storeCrops: boolean
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

export interface Person {
  readonly id: string
  /** Not unique; 1 to {@link maxNameLength} characters, no control characters; stored trimmed and in NFC. */
  readonly name: string
  readonly metadata: Metadata
  readonly faceCount: number
  readonly createdAt: string
  readonly updatedAt: string
}

/** The values of {@link NewPerson.ifExists}. */
export const waysIfExists = ['create', 'reuse', 'reuseFirst', 'refuse'] as const
export type IfExists = (typeof waysIfExists)[number]

/** A person to be made, or to be found by name. */
export interface NewPerson {
  readonly name: string
  readonly metadata?: Metadata
  /**
   * When persons of exactly this name are there: `create` (default) makes another one; `reuse` takes
   * the one who is there, with their metadata as they are, and refuses where there are several;
   * `reuseFirst` takes the one who was made first; `refuse` makes nobody. Names are not unique.
   * Looking and making are one transaction, so calls at once, of any process, make one.
   */
  readonly ifExists?: IfExists
}

/** A stored enrolment, without its embedding. */
export interface Face {
  readonly id: string
  readonly personId: string
  readonly modelId: string
  readonly quality: Quality
  readonly box: Box
  readonly landmarks: Landmarks5
  /** Lower-case hex SHA-256 of the image file it came from. */
  readonly imageHash: string
  readonly hasCrop: boolean
  readonly createdAt: string
}

export interface NewFace {
  readonly embedding: Float32Array
  readonly modelId: string
  readonly quality: Quality
  readonly box: Box
  readonly landmarks: Landmarks5
  readonly imageHash: string
  readonly crop?: Uint8Array
}

export interface Change {
  readonly cursor: Cursor
  readonly collectionId: string
  readonly kind: 'faceAdded' | 'faceRemoved' | 'collectionRemoved'
  /** Absent for `collectionRemoved`. */
  readonly faceId?: string
  /** Present for `faceAdded` when the face still exists when the change is read. */
  readonly embedding?: Float32Array
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Absent on the last page. */
  readonly nextCursor?: string
}

export interface PageOptions {
  /** 1 to 1000, default 100. A page of large items ends earlier, at about 1 MiB. */
  readonly limit?: number
  readonly cursor?: string
}

export interface FaceOwner {
  readonly faceId: string
  readonly personId: string
  readonly personName: string
  readonly personMetadata: Metadata
}

/** Embeddings of faces of several persons. */
export interface PersonEmbeddings extends EmbeddingBatch {
  /** Whose face each row is; the rows of a person follow each other. */
  readonly personIds: readonly string[]
}

export interface NearestFaces {
  /** Of all listed faces. */
  readonly owners: readonly FaceOwner[]
  /**
   * Faces of those persons whose mean may count, as {@link import('./rules/person-mean.ts').choosePersons}
   * says: at most {@link import('./rules/person-mean.ts').facesPerMean} of each, those whose image hashes
   * are lowest, which is a fixed sample.
   */
  readonly persons: PersonEmbeddings
  /** How many the whole collection has, as `counts` tells. */
  readonly faces: number
  /** As it is now; absent when it is gone. */
  readonly collection?: Collection
}

export interface IdempotencyRecord {
  /** What the key was first used for: a hash of method, path and body. */
  readonly requestHash: string
  /** Absent while the first request is running. */
  readonly response?: { readonly status: number; readonly body: string }
}

/** What of a collection may change. */
export interface CollectionPatch {
  readonly policy?: DecisionPolicy
  /** What `policy` was made from. */
  readonly policyWas?: DecisionPolicy
  readonly storeCrops?: boolean
}

export interface GalleryTotals {
  readonly collections: number
  readonly persons: number
  readonly faces: number
}

/** A face with all that the store keeps of it. */
export interface StoredFace extends Face {
  readonly embedding: Float32Array
  readonly crop?: Uint8Array
}

/**
 * Moves a gallery from one store to another, ids and times included. Restoring what is there
 * already changes nothing, so that an interrupted move is simply done again; everything restored
 * appears in the feed of changes. Other errors are those of the store's own methods.
 */
export interface GalleryTransfer {
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

/**
 * The source of truth: collections -> persons -> faces, and the feed of changes.
 * Writes are durable when the promise resolves, and each write and its changes are one transaction.
 * All ids are ULIDs made here; nothing is joined by position. Times are ISO 8601 UTC.
 * Every method may throw `storeBusy`, `storeUnavailable`, `storeCorrupt`, `storeFull`, `storeReadOnly`.
 */
export interface GalleryStore extends GalleryTransfer {
  /** @throws {FaceError} `collectionExists` */
  createCollection(input: Omit<Collection, 'id' | 'createdAt'>): Promise<Collection>
  /** By name. @throws {FaceError} `collectionNotFound` */
  getCollection(name: string): Promise<Collection>
  listCollections(options?: PageOptions): Promise<Page<Collection>>
  /**
   * @param patch  what is absent stays. With `policyWas` nothing is changed unless that is still the
   *   policy, so that of two who change it at once none undoes the other's change
   * @returns the collection as it is now
   * @throws {FaceError} `collectionNotFound`
   */
  updateCollection(name: string, patch: CollectionPatch): Promise<Collection>
  /**
   * Removes its persons and faces.
   * @param onlyIfEmpty  id of the collection; nothing is removed when the name is another's, or
   *   somebody is in it
   * @throws {FaceError} `collectionNotFound`; `collectionExists` when `onlyIfEmpty` does not hold
   */
  deleteCollection(name: string, onlyIfEmpty?: string): Promise<void>
  counts(collectionId: string): Promise<{ readonly persons: number; readonly faces: number }>
  /** Of all collections, in one query. */
  totals(): Promise<GalleryTotals>

  /** @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata`; `invalidOption` when several persons have the name that one is reused of, `personExists` when one was to be refused */
  createPerson(collectionId: string, input: NewPerson): Promise<Person>
  /** @throws {FaceError} `personNotFound` */
  getPerson(collectionId: string, personId: string): Promise<Person>
  /** Newest last (by id). `name`: only persons whose name contains it, case-insensitively; `exactName`: only that name. */
  listPersons(
    collectionId: string,
    options?: PageOptions & { readonly name?: string; readonly exactName?: string },
  ): Promise<Page<Person>>
  /** @throws {FaceError} `personNotFound`, `invalidName`, `invalidMetadata` */
  updatePerson(
    collectionId: string,
    personId: string,
    patch: { readonly name?: string; readonly metadata?: Metadata },
  ): Promise<Person>
  /** Removes the person and all faces. @throws {FaceError} `personNotFound` */
  deletePerson(collectionId: string, personId: string): Promise<void>

  /**
   * Stores faces of a person, all or none; a `NewPerson` is created, or found, in the same transaction.
   * A face whose imageHash and box the person already has is not stored again: the stored one is answered.
   * @throws {FaceError} `personNotFound`, `collectionNotFound`, `modelMismatch`, `dimensionMismatch`,
   *   `invalidEmbedding`, and as `createPerson`
   */
  addFaces(
    collectionId: string,
    person: string | NewPerson,
    faces: readonly NewFace[],
  ): Promise<{
    readonly person: Person
    /** This call made the person. */
    readonly newPerson: boolean
    readonly faces: readonly (Face & { readonly existed: boolean })[]
  }>
  /** @throws {FaceError} `faceNotFound` */
  getFace(collectionId: string, faceId: string): Promise<Face>
  listFaces(
    collectionId: string,
    options?: PageOptions & { readonly personId?: string },
  ): Promise<Page<Face>>
  /** @throws {FaceError} `faceNotFound` */
  getCrop(collectionId: string, faceId: string): Promise<Uint8Array | undefined>
  /** @throws {FaceError} `faceNotFound` */
  deleteFace(collectionId: string, faceId: string): Promise<void>
  /** The persons of these faces; ids that are gone are left out. */
  getOwners(collectionId: string, faceIds: readonly string[]): Promise<readonly FaceOwner[]>
  /** Embeddings of one face, of all faces of one person, or of those of the listed faces that exist. */
  getEmbeddings(
    collectionId: string,
    of:
      | { readonly faceId: string }
      | { readonly personId: string }
      | { readonly faceIds: readonly string[] },
  ): Promise<EmbeddingBatch>
  /**
   * What a search needs to know of the faces it found, in one round trip.
   * @param lists  ids of faces, for each probe the nearest first; those that are gone are left out
   */
  lookUpNearest(collectionId: string, lists: readonly (readonly string[])[]): Promise<NearestFaces>
  /** The faces in this collection that came from this image file. */
  findFacesByImage(collectionId: string, imageHash: string): Promise<readonly Face[]>

  /** The cursor of the newest change. */
  latestCursor(): Promise<Cursor>
  /** Up to `limit` changes after the cursor, in order; `undefined` reads from the beginning. @throws {FaceError} `invalidCursor` when it is no longer known: rebuild */
  changes(after: Cursor | undefined, limit: number): Promise<readonly Change[]>
  /** All embeddings of a collection in id order, in batches; for a rebuild. */
  embeddings(
    collectionId: string,
    options: { readonly after?: string; readonly limit: number },
  ): Promise<EmbeddingBatch>

  /** Claims the key, or answers what it was used for; records older than 24 h are forgotten. */
  claimIdempotencyKey(key: string, requestHash: string): Promise<IdempotencyRecord | undefined>
  completeIdempotencyKey(
    key: string,
    response: { readonly status: number; readonly body: string } | undefined,
  ): Promise<void>

  /**
   * Calls the listener soon after anything changed, also by other processes; several changes may
   * give one call, and a call may come without a change. Absent where the feed has to be polled.
   *
   * @returns ends it
   */
  onChange?(listener: () => void): () => void

  /** Cheap round trip; rejects when the store cannot serve. */
  ping(): Promise<void>
  close(): Promise<void>
}
