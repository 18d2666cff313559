import type { Face } from '../../storage/ports/faces.ts'
import type { Page, PageOptions } from '../../storage/ports/pages.ts'
import type { NewPerson, Person } from '../../storage/ports/persons.ts'
import type {
  Sighting,
  SightingFilter,
  Stranger,
  StrangerCounts,
  StrangerFilter,
} from '../../storage/ports/strangers.ts'
import type { DetectorOptions } from '../../vision/analyzer/analyzer-types.ts'

/** A face that is looked for: an image, of which the largest face counts, or an embedding of the collection's model. */
export type FaceSought = Uint8Array | { readonly embedding: Float32Array; readonly modelId: string }

/** An enrolled person whom a stranger resembles. */
export interface StrangerSuggestion {
  readonly personId: string
  readonly personName: string
  /** The person's face nearest to the stranger. */
  readonly faceId: string
  readonly similarity: number
  /** How often somebody who is not enrolled resembles anybody of the collection as much, 0 to 1. */
  readonly rate: number
  /** `rate` is a bound: the true one is lower. */
  readonly rateExtrapolated: boolean
}

/** What became of a stranger that was made a person. */
export interface AssignedStranger {
  readonly stranger: Stranger
  readonly person: Person
  readonly newPerson: boolean
  /** Enrolled from its sightings. */
  readonly faces: readonly Face[]
  /** The enrolment in the history; absent when nothing was enrolled and nobody was made. */
  readonly entryId?: string
}

/** Options of `assign`. */
export interface AssignOptions {
  /** Sightings to enrol. Default: those that show the face best. */
  readonly sightingIds?: readonly string[]
  /** Most sightings that are enrolled where none are named, 0 to 20. Default 5. */
  readonly maxFaces?: number
}

/** What became of one of several strangers. */
export interface StrangerChange {
  readonly id: string
  /** `assigned`: it is a person, and neither ignored nor shown; take that back first. */
  readonly outcome: 'done' | 'notFound' | 'assigned'
}

/** A sighting that resembles a face. */
export interface ResemblingSighting extends Sighting {
  readonly similarity: number
  /** Rate of false matches of one comparison at this similarity; see `fmr` of a candidate. */
  readonly fmr: number
  readonly fmrExtrapolated: boolean
}

/** From which similarity on faces resemble each other; one of the two, or neither. */
export interface ResemblanceOptions {
  /** Rate of false matches of one comparison. Default 1e-4. */
  readonly maxFmr?: number
  readonly similarity?: number
}

/** Options of what looks for a face. */
export interface SeekOptions extends ResemblanceOptions {
  readonly detector?: DetectorOptions
  readonly signal?: AbortSignal
}

/** Options of `erase`. */
export interface EraseOptions extends SeekOptions {
  /** Only say what would be erased. Default true. */
  readonly dryRun?: boolean
  /** Also say which enrolled persons resemble the face; they are not erased. Default false. */
  readonly persons?: boolean
}

/** What was erased because it resembles a face, or would be. */
export interface ErasedStrangers {
  readonly dryRun: boolean
  /** From this similarity on a sighting resembles the face. */
  readonly threshold: number
  /** Sightings that were compared. */
  readonly compared: number
  /** Those that resemble the face. */
  readonly resembling: number
  /** Sightings that were erased, or would be: with a stranger of whom most resemble the face all go. */
  readonly erased: number
  readonly strangers: readonly {
    readonly id: string
    /** Sightings of the stranger, before. */
    readonly count: number
    readonly resembling: number
    /** All of its sightings go. */
    readonly whole: boolean
  }[]
  /** Enrolled persons who resemble the face, most similar first; absent unless asked for. */
  readonly persons?: readonly {
    readonly personId: string
    readonly personName: string
    readonly faceId: string
    readonly similarity: number
  }[]
}

/**
 * People who were seen and whom nobody has enrolled, of collections that keep them (`keepUnknown`). Ids of
 * strangers that have become one lead to the one.
 */
export interface Strangers {
  /** A page of strangers, the one seen last first. @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption` */
  list(collection: string, options?: PageOptions & StrangerFilter): Promise<Page<Stranger>>
  /** @throws {FaceError} `collectionNotFound`, `strangerNotFound` */
  get(collection: string, strangerId: string): Promise<Stranger>
  /** @throws {FaceError} `collectionNotFound` */
  counts(collection: string): Promise<StrangerCounts>
  /** A page of sightings, latest first. @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption`, `strangerNotFound` */
  sightings(collection: string, options?: PageOptions & SightingFilter): Promise<Page<Sighting>>
  /**
   * A sighting, with its stranger once it has been compared. That of `identify`'s answer is there at once on
   * the node that answered, and a moment later on others.
   *
   * @throws {FaceError} `collectionNotFound`; `sightingNotFound` also when its time is over
   */
  sighting(collection: string, sightingId: string): Promise<Sighting>
  /** JPEG of the face; `undefined` where none was stored. @throws {FaceError} `collectionNotFound`, `sightingNotFound` */
  crop(collection: string, sightingId: string): Promise<Uint8Array | undefined>
  /** Enrolled persons whom a stranger resembles, at most three. @throws {FaceError} `collectionNotFound`, `strangerNotFound` */
  suggestions(collection: string, strangerId: string): Promise<readonly StrangerSuggestion[]>
  /**
   * Makes a stranger a person: enrols some of its sightings, and all of them are the person's from then on.
   * Undoing the enrolment in the history takes both back.
   *
   * @param person  a person's id, or a new one, or with `ifExists` one who has the name, as for `enroll`
   * @throws {FaceError} `collectionNotFound`, `strangerNotFound`, `personNotFound`, `personExists`,
   *   `invalidName`, `invalidOption`; `strangerConflict` when it is a person already; `sightingNotFound` for
   *   a sighting that is not the stranger's; `modelMismatch` when it is of another model than answers
   */
  assign(
    collection: string,
    strangerId: string,
    person: string | NewPerson,
    options?: AssignOptions,
  ): Promise<AssignedStranger>
  /**
   * Takes back that a stranger is a person: its sightings are the stranger's again. Faces that were enrolled
   * stay.
   *
   * @throws {FaceError} `collectionNotFound`, `strangerNotFound`, `strangerConflict`
   */
  unassign(collection: string, strangerId: string): Promise<Stranger>
  /** Strangers of no interest, and those very like them, are not shown any more. At most 1,000. @throws {FaceError} `collectionNotFound`, `invalidOption` */
  ignore(collection: string, strangerIds: readonly string[]): Promise<readonly StrangerChange[]>
  /** Shows ignored strangers again, and those that are ignored because of them. @throws {FaceError} as `ignore` */
  show(collection: string, strangerIds: readonly string[]): Promise<readonly StrangerChange[]>
  /** Erases what is no face, with all its sightings. @throws {FaceError} as `ignore` */
  discard(collection: string, strangerIds: readonly string[]): Promise<readonly StrangerChange[]>
  /**
   * Sightings that resemble a face, latest first: back in time from page to page.
   *
   * @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption`, `noFace`, `modelMismatch`;
   *   `qualityTooLow` for a face that cannot be compared, and as `detect`
   */
  search(
    collection: string,
    face: FaceSought,
    options?: PageOptions & SeekOptions,
  ): Promise<Page<ResemblingSighting>>
  /**
   * Erases every sighting that resembles a face, for somebody who asks for that. By default it only says what
   * it would erase.
   *
   * @throws {FaceError} as `search`
   */
  erase(collection: string, face: FaceSought, options?: EraseOptions): Promise<ErasedStrangers>
  /** Resolves when all sightings so far are put to strangers, unless another process is at it. @throws {FaceError} `collectionNotFound` */
  settle(collection: string): Promise<void>
}
