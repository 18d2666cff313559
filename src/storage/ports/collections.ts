import type { KeepUnknown } from '../../core/keep-unknown.ts'
import type { DecisionPolicy, QualityGateSettings } from '../../core/types.ts'
import type { Page, PageOptions } from './pages.ts'

/** One model's embeddings of a collection's faces, which have an index of their own. */
export interface CollectionModel {
  readonly modelId: string
  readonly dimension: number
  /** Decides about similarities of this model. */
  readonly policy: DecisionPolicy
  /**
   * ULID; the name of the index. A model that is begun again gets another one, so that what is left of
   * an earlier index is never taken for it.
   */
  readonly indexId: string
}

/** A named gallery. Its own fields of {@link CollectionModel} are those of the model that answers. */
export interface Collection extends CollectionModel {
  /** ULID; tells a collection from a later one of the same name. */
  readonly id: string
  /** Unique; `^[a-z0-9][a-z0-9_-]{0,63}$`; the address of the collection in the API. */
  readonly name: string
  /**
   * A model beside the one that answers: it is being filled and will answer, or it answered before. New
   * faces get embeddings of both.
   */
  readonly second?: CollectionModel
  readonly storeCrops: boolean
  /** Where enrolment asks for other limits than the configuration; absent: nowhere. */
  readonly qualityGates?: QualityGateSettings
  /** What is kept of faces that nobody enrolled has; absent: nothing. */
  readonly keepUnknown?: KeepUnknown
  /** The secret that its embeddings are protected with, see [Note: Protected templates]; absent: they are not. */
  readonly templateSecretId?: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
}

/** Says whose embeddings of which collection are meant. */
export type EmbeddingSet = Pick<Collection, 'id' | 'modelId'>

/** A collection to be made. */
export type NewCollection = Omit<Collection, 'id' | 'indexId' | 'second' | 'createdAt'>

/** The fields of a collection that may change; what is absent stays. */
export interface CollectionPatch {
  readonly name?: string
  readonly policy?: DecisionPolicy
  readonly storeCrops?: boolean
  /** All of them; without any the configuration's are in force. */
  readonly qualityGates?: QualityGateSettings
  /** All of it; `null`: nothing is kept any more. */
  readonly keepUnknown?: KeepUnknown | null
}

export interface GalleryTotals {
  readonly collections: number
  readonly persons: number
  readonly faces: number
}

/** The collections of a database. */
export interface CollectionStore {
  /** @throws {FaceError} `collectionExists` */
  create(input: NewCollection): Promise<Collection>
  /** The collection of this name. @throws {FaceError} `collectionNotFound` */
  get(name: string): Promise<Collection>
  list(options?: PageOptions): Promise<Page<Collection>>
  /**
   * Changes a collection, unless it is another than `was` by now: so of two who change it at once
   * none undoes the other's change.
   *
   * @param was  the collection as it was read
   * @returns the collection as it is now; `undefined` when nothing was changed
   * @throws {FaceError} `collectionExists` when the new name is another's, `invalidName`
   */
  update(was: Collection, patch: CollectionPatch): Promise<Collection | undefined>
  /**
   * Removes its persons and faces.
   * @param onlyIfEmpty  id of the collection; nothing is removed when the name is another's, or
   *   somebody is in it
   * @throws {FaceError} `collectionNotFound`; `collectionExists` when `onlyIfEmpty` does not hold
   */
  delete(name: string, onlyIfEmpty?: string): Promise<void>
  counts(collectionId: string): Promise<{ readonly persons: number; readonly faces: number }>
  /** Counts of all collections together, in one query. */
  totals(): Promise<GalleryTotals>
}
