import type { Box, FaceCrop, Landmarks5, Quality } from '../../core/types.ts'
import type { EmbeddingSet } from './collections.ts'
import type { Page, PageOptions } from './pages.ts'

/** A face that nobody enrolled has, when it was seen. */
export interface Sighting {
  readonly id: string
  /** The model that its embedding is of. */
  readonly modelId: string
  readonly seenAt: string
  /** Where it was seen, in the caller's words. */
  readonly source?: string
  /** Whose it is; absent until it has been compared. */
  readonly strangerId?: string
  /** The person whom the stranger turned out to be. */
  readonly personId?: string
  /** These three are absent together when an embedding was looked up, without an image. */
  readonly quality?: Quality
  readonly box?: Box
  readonly landmarks?: Landmarks5
  readonly hasCrop: boolean
}

/** A sighting to be kept. */
export interface NewSighting
  extends Pick<Sighting, 'modelId' | 'seenAt' | 'source' | 'quality' | 'box' | 'landmarks'> {
  /** A new ULID, where it was told before the sighting is written; otherwise the store makes one. */
  readonly id?: string
  /** [dimension of the model], unit vector */
  readonly embedding: Float32Array
  readonly crop?: FaceCrop
}

/** A sighting with its embedding. */
export interface EmbeddedSighting extends Sighting {
  readonly embedding: Float32Array
}

/**
 * `shown`, or `ignored` because somebody said so of the stranger or of one very like it; `assigned`: a
 * person by now.
 */
export type StrangerStatus = 'shown' | 'ignored' | 'assigned'

/** Every {@link StrangerStatus}. */
export const strangerStatuses: readonly StrangerStatus[] = ['shown', 'ignored', 'assigned']

/** A person seen and not enrolled. */
export interface Stranger {
  readonly id: string
  readonly modelId: string
  readonly status: StrangerStatus
  /** Sightings that are kept. */
  readonly count: number
  readonly firstSeenAt: string
  readonly lastSeenAt: string
  /** The sighting that shows the stranger best. */
  readonly coverId: string
  /** Of one that is `assigned`. */
  readonly personId?: string
  /** Of one that is `ignored` because it is like this one. */
  readonly likeId?: string
}

/** What clustering knows of a stranger; see `StrangerClusters` in core. */
export interface StrangerRecord {
  readonly id: string
  readonly status: StrangerStatus
  readonly count: number
  /** [dimension] sum of the embeddings of all sightings that are kept */
  readonly sum: Float32Array
  /** At most 5, the most diverse. */
  readonly members: readonly { readonly sightingId: string; readonly embedding: Float32Array }[]
}

/** The right to put the sightings of a collection to strangers, and what the holder knows of them. */
export interface StrangerLease {
  readonly holder: string
  /** That of the last change of its strangers which the holder knows. */
  readonly revision: number
}

/** What the holder of a lease writes, as a whole or not at all. */
export interface Placement {
  readonly set: EmbeddingSet
  /** Which sightings are whose. */
  readonly placed: readonly { readonly sightingId: string; readonly strangerId: string }[]
  /** In this order: the sightings of one stranger become the other's, which it points to from then on. */
  readonly joined: readonly { readonly from: string; readonly into: string }[]
  /** New and changed strangers as clustering has them now, after all that. */
  readonly strangers: readonly {
    readonly id: string
    readonly count: number
    readonly sum: Float32Array
    readonly memberIds: readonly string[]
    /** Of a new one: it is ignored because it is like this one. */
    readonly likeId?: string
  }[]
}

/** Which sightings are listed. */
export interface SightingFilter {
  /** Only of this stranger. */
  readonly strangerId?: string
  /** Only of strangers who turned out to be this person. */
  readonly personId?: string
}

/** Which strangers are listed, and in which order. */
export interface StrangerFilter {
  readonly status?: StrangerStatus
  /** The stranger with the most sightings first, or the one seen last. Default `latest`. */
  readonly sort?: 'count' | 'latest'
}

/**
 * Faces that nobody enrolled has: sightings as they came in, and the strangers whose they are. One
 * process at a time puts the sightings of a collection to strangers; see docs/decisions/0026-strangers.md.
 */
export interface StrangerStore {
  /**
   * Keeps sightings, which wait to be put to strangers. One whose id is there is not written again.
   *
   * @returns their ids
   * @throws {FaceError} `collectionNotFound`, `invalidEmbedding`, `invalidOption`
   */
  record(collectionId: string, sightings: readonly NewSighting[]): Promise<readonly string[]>
  /** Ids of collections that have, or had, sightings. */
  collections(options?: {
    /** Only those with sightings that wait. */
    readonly waiting?: boolean
  }): Promise<readonly string[]>
  /**
   * Takes the lease of a collection, or renews it.
   *
   * @returns the revision of its strangers; `undefined` while another one has the lease
   */
  claim(
    collectionId: string,
    options: { readonly holder: string; readonly leaseMs: number },
  ): Promise<number | undefined>
  /** Sightings that wait, in the order in which they came. */
  waiting(set: EmbeddingSet, limit: number): Promise<readonly EmbeddedSighting[]>
  /**
   * Strangers of a model that are not assigned and have changed after a revision, in the order of their ids.
   *
   * @param after  id of the last one of the part before
   */
  records(
    set: EmbeddingSet,
    options: {
      readonly since: number
      /** Only of these. */
      readonly ids?: readonly string[]
      readonly after?: string
      readonly limit: number
    },
  ): Promise<readonly StrangerRecord[]>
  /** Ids of all strangers that {@link records} would answer since the beginning. */
  ids(set: EmbeddingSet): Promise<readonly string[]>
  /**
   * Writes what became of sightings; of those that are gone nothing is written.
   *
   * @returns the next revision; `undefined` when the lease is another's, or the strangers have changed
   */
  place(lease: StrangerLease, placement: Placement): Promise<number | undefined>
  /** A stranger, or the one that it has become. @throws {FaceError} `strangerNotFound` */
  get(collectionId: string, id: string): Promise<Stranger>
  list(collectionId: string, options?: PageOptions & StrangerFilter): Promise<Page<Stranger>>
  /** Latest first. */
  sightings(collectionId: string, options?: PageOptions & SightingFilter): Promise<Page<Sighting>>
  /** Those that are there, of the given ids. */
  embedded(collectionId: string, ids: readonly string[]): Promise<readonly EmbeddedSighting[]>
  /**
   * Sightings of a model, the latest first.
   *
   * @param before  id of the last one of the part before
   */
  scan(
    set: EmbeddingSet,
    options: { readonly before?: string; readonly limit: number },
  ): Promise<readonly Pick<EmbeddedSighting, 'id' | 'embedding'>[]>
  /** @throws {FaceError} `sightingNotFound` */
  getCrop(collectionId: string, sightingId: string): Promise<FaceCrop | undefined>
  /**
   * Ignores strangers, or shows them again together with those that are ignored because of them.
   *
   * @returns ids of those that are there and not assigned
   */
  setIgnored(
    collectionId: string,
    ids: readonly string[],
    ignored: boolean,
  ): Promise<readonly string[]>
  /**
   * Writes that a stranger is a person; its sightings are the person's.
   *
   * @param as  `anchorId`: the first face that was enrolled for it, or the person where none was. The
   *   stranger is whoever has the anchor, also when that is another person by now. An undo of the history
   *   that takes the anchor away takes this back, too; one that puts it back does it again.
   * @throws {FaceError} `strangerNotFound`; `strangerConflict` when it is assigned; `personNotFound`
   */
  assign(
    collectionId: string,
    id: string,
    as: { readonly personId: string; readonly anchorId: string },
  ): Promise<Stranger>
  /** Takes that back. @throws {FaceError} `strangerNotFound`; `strangerConflict` when it is not assigned */
  unassign(collectionId: string, id: string): Promise<Stranger>
  /** Erases strangers with their sightings. @returns ids of those that were there */
  discard(collectionId: string, ids: readonly string[]): Promise<readonly string[]>
  /** Erases sightings, and strangers that have none left. @returns how many sightings were there */
  forget(collectionId: string, sightingIds: readonly string[]): Promise<number>
  /**
   * Erases the oldest sightings that need not be kept, at most `limit`.
   *
   * @returns how many were erased; fewer than `limit` when there are no more
   */
  expire(
    collectionId: string,
    options: {
      /** Those seen before this time go. */
      readonly seenBefore: string
      /** Of ignored strangers that were seen since then, what tells them stays. */
      readonly ignoredSince: string
      /** Beyond so many they go, too, whenever they were seen. */
      readonly maxSightings: number
      readonly limit: number
    },
  ): Promise<number>
  counts(collectionId: string): Promise<StrangerCounts>
}

/** How much of strangers a collection keeps. */
export interface StrangerCounts {
  readonly strangers: number
  readonly sightings: number
  /** Sightings that wait to be put to strangers. */
  readonly waiting: number
}
