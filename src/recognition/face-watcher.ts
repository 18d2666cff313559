import type { GalleryDifficulty } from '../core/gallery-difficulty.ts'
import type { ProbeThresholds } from '../core/policy.ts'
import type {
  Decision,
  DecisionPolicyPatch,
  Detection,
  Quality,
  RejectionReason,
  UndeterminedReason,
} from '../core/types.ts'
import type { IndexAgreement } from '../gallery/sync/index-agreement.ts'
import type { IndexStatus } from '../search/vector-index.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face } from '../storage/ports/faces.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import type { Metadata, NewPerson, Person } from '../storage/ports/persons.ts'
import type { DetectorOptions, StageTimings, Turn } from '../vision/analyzer/analyzer-types.ts'

export interface RequestOptions {
  readonly signal?: AbortSignal
}

export interface Timings extends StageTimings {
  readonly searchMs: number
}

/** What an image answers beside its faces. */
export interface ImageFacts {
  /** Of the image after its EXIF orientation, pixels. */
  readonly width: number
  readonly height: number
  /** Degrees clockwise by which the image was turned to be read; boxes are in the image as given. */
  readonly turned: Turn
  /** Faces found beyond `maxFaces`, the smallest, which are not answered. */
  readonly omittedFaces: number
}

export interface DetectResult extends ImageFacts {
  /** Largest first. */
  readonly faces: readonly { readonly detection: Detection; readonly quality: Quality }[]
  readonly timings: Timings
}

export interface EmbedResult extends ImageFacts {
  readonly modelId: string
  readonly dimension: number
  readonly faces: readonly {
    readonly detection: Detection
    readonly quality: Quality
    /** Why the embedding cannot be compared; empty when it can. */
    readonly reasons: readonly UndeterminedReason[]
    readonly embedding: Float32Array
  }[]
  readonly timings: Timings
}

export interface EnrollImage {
  /** Shown in the answer, never used as a path. */
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** A person to be made, or to be found by name. */
export type NewPersonInput = NewPerson

export interface EnrollOptions extends RequestOptions {
  /** What is left open comes from the configuration. */
  readonly detector?: DetectorOptions
  /** `one`: exactly one face or a rejection; `largest`: the largest face. Default `one`. */
  readonly faces?: 'one' | 'largest'
  /**
   * What happens when the face matches another person: `warn` (default) enrols and warns,
   * `reject` rejects with `duplicateOfOtherPerson`, `ignore` does not look.
   */
  readonly duplicates?: 'warn' | 'reject' | 'ignore'
  /**
   * Enrol faces that fail the quality gates, too; faces that cannot be compared are rejected all
   * the same. Default false.
   */
  readonly skipQualityGates?: boolean
}

/** What somebody should know of a face that was enrolled all the same. */
export type EnrollWarning =
  | {
      /** The face matches another person. */
      readonly reason: 'duplicateOfOtherPerson'
      readonly personId: string
      readonly personName: string
      readonly similarity: number
    }
  | {
      /** The face can be compared, but so weak a photograph is missed more often. */
      readonly reason: 'weakPhotograph'
      /** A plain sentence. */
      readonly message: string
    }

/** What would help to find a person. */
export interface EnrollHint {
  /** The person has one photograph; a second one would help most. */
  readonly reason: 'onePhotograph'
  /** A plain sentence. */
  readonly message: string
}

export interface EnrollResult {
  /** Absent when nothing was enrolled and the person is new. */
  readonly person?: Person
  /** This enrolment made the person. */
  readonly newPerson: boolean
  readonly faces: readonly {
    readonly fileName: string
    readonly face: Face
    /** The same image was enrolled for this person before; the stored face is answered. */
    readonly existed: boolean
    /**
     * Degrees clockwise by which the image was turned to be read; the face's box is in the image as
     * given. Absent when the image was not read, because it was enrolled before.
     */
    readonly turned?: Turn
    readonly warnings: readonly EnrollWarning[]
  }[]
  readonly rejected: readonly {
    readonly fileName: string
    readonly reasons: readonly RejectionReason[]
    /** A plain sentence. */
    readonly message: string
  }[]
  /** About the person as it is after the enrolment; empty when nothing is to be said. */
  readonly hints: readonly EnrollHint[]
  readonly timings: Timings
}

export interface Candidate {
  readonly personId: string
  readonly personName: string
  readonly metadata: Metadata
  /** The person's face nearest to the probe. */
  readonly faceId: string
  readonly similarity: number
  /**
   * Expected FMR of one comparison at this similarity, less the probe's shift, from the model's
   * measured curve; absent when the model has none.
   */
  readonly fmr?: number
  /** `fmr` is a bound, the smallest rate that the curve's counts support: the true one is lower. */
  readonly fmrExtrapolated?: boolean
}

export interface DecisionThresholds {
  /** `similarity >= match` is a match. */
  readonly match: number
  /** `similarity >= possible` is possible. */
  readonly possible: number
  /** Where the thresholds come from. */
  readonly basis: 'fmrCurve' | 'manual'
  /** FMR of one comparison that the match threshold stands for. */
  readonly fmr?: number
  readonly extrapolated: boolean
  readonly gallerySize: number
}

/** An embedding that is looked up instead of an image. */
export interface EmbeddingProbe {
  /** L2-normalised or not; as many numbers as the model has dimensions. */
  readonly embedding: Float32Array
  /** The model that computed it: the collection's. */
  readonly modelId: string
}

/** Who a face or an embedding is. */
export interface IdentifiedProbe {
  readonly decision: Decision
  /** Why the face cannot be compared, with the decision `undetermined`; empty with any other. */
  readonly reasons: readonly UndeterminedReason[]
  /** Those that decided: the gallery's, raised by the probe's shift. */
  readonly thresholds: ProbeThresholds
  /** Ranked, at most `candidates` of the request; empty when the gallery is empty. */
  readonly candidates: readonly Candidate[]
}

export interface IdentifiedFace extends IdentifiedProbe {
  readonly detection: Detection
  readonly quality: Quality
}

/** What a search answers besides its faces. */
export interface SearchFacts {
  readonly collection: string
  readonly modelId: string
  /** Of the gallery, before the shift of a probe. */
  readonly thresholds: DecisionThresholds
  readonly timings: Timings
}

export interface IdentifyResult extends ImageFacts, SearchFacts {
  /** Largest first. */
  readonly faces: readonly IdentifiedFace[]
}

/** There is no image: nothing is said of one. */
export interface IdentifyEmbeddingResult extends SearchFacts {
  /** One. */
  readonly faces: readonly IdentifiedProbe[]
}

export interface IdentifyOptions extends RequestOptions {
  /** Of each face, 1 to {@link maxCandidates}. Default {@link defaultCandidates}. */
  readonly candidates?: number
  readonly detector?: DetectorOptions
}

export interface VerifyResult {
  readonly modelId: string
  /** The decision is `match`. */
  readonly match: boolean
  /** `match`: `similarity >= threshold`; `undetermined`: a face cannot be compared. */
  readonly decision: 'match' | 'noMatch' | 'undetermined'
  /** Why a face cannot be compared; `reference` is empty for stored faces. */
  readonly reasons: {
    readonly probe: readonly UndeterminedReason[]
    readonly reference: readonly UndeterminedReason[]
  }
  readonly similarity: number
  readonly threshold: number
  readonly fmr?: number
  readonly fmrExtrapolated?: boolean
  /** The stored face nearest to the image, when compared with a person or face. */
  readonly faceId?: string
  readonly timings: Timings
}

/** The other side of a 1:1 comparison. */
export type VerifyTarget =
  | { readonly image: Uint8Array }
  | { readonly collection: string; readonly personId: string }
  | { readonly collection: string; readonly faceId: string }

export interface VerifyOptions extends RequestOptions {
  /** What is left open comes from the configuration. */
  readonly detector?: DetectorOptions
  /** Only with two images; else the collection's model. */
  readonly modelId?: string
  /** Target FMR of the comparison, default 1e-4; ignored when `threshold` is given. */
  readonly maxFmr?: number
  readonly threshold?: number
  readonly faces?: 'one' | 'largest'
}

export interface IndexReport {
  readonly collection: string
  readonly checked: number
  readonly missing: readonly string[]
  readonly surplus: readonly string[]
  readonly different: readonly string[]
}

export interface ModelStatus {
  readonly id: string
  readonly task: 'detector' | 'embedder'
  readonly title: string
  readonly installed: boolean
  readonly isDefault: boolean
  readonly dimension?: number
  readonly license: string
  readonly trainingData: string
  readonly notes: string
  readonly lfwAccuracy?: number
  readonly tmrAtFmr1e4?: number
  /** FNIR at FPIR 0.01 in a gallery of 1,000. */
  readonly fnirAtFpir1e2?: number
  readonly msPerFace?: number
}

/** Whether requests can be served. */
export interface Readiness {
  readonly ready: boolean
  /** Why not, when not ready. */
  readonly reasons: readonly string[]
  readonly changeLag: number
  /** Milliseconds since the indexes had everything that the store had; other nodes' changes may be missing for so long. */
  readonly indexBehindMs: number
}

export interface Status extends Readiness {
  readonly collections: number
  readonly persons: number
  readonly faces: number
  /** Since the start: indexes built from the store, as their snapshot was missing, damaged or outdated. */
  readonly indexRebuilds: number
  /** Since the start: snapshots that could not be written. */
  readonly snapshotFailures: number
  readonly workers: number
  readonly queued: number
  readonly running: number
}

/** How alike the people of a collection are, against the photographs its model was measured on. */
export interface CollectionDifficulty extends Partial<GalleryDifficulty> {
  /** Faces that the collection had when it was measured; one of each of `persons` was compared. */
  readonly faces: number
  readonly persons: number
  /** Below 3,000 nothing else is said. */
  readonly pairs: number
  /** Share of searches by strangers from the same camera that reach a threshold without a shift. */
  readonly expectedFpir?: number
}

export interface CollectionDetails extends Collection {
  readonly persons: number
  readonly faces: number
  readonly thresholds: DecisionThresholds
  /** Absent until it was measured, which begins when it is asked for, and without a curve. */
  readonly difficulty?: CollectionDifficulty
}

/**
 * Face Watcher's use cases: what HTTP, the command line and the library all call.
 * `collection` is a collection's name; `default` exists from the start.
 */
export interface FaceWatcher {
  /** @throws {FaceError} as {@link import('../vision/analyzer/analyzer-types.ts').Analyzer.analyze} */
  detect(
    image: Uint8Array,
    options?: RequestOptions & { detector?: DetectorOptions },
  ): Promise<DetectResult>
  embed(
    image: Uint8Array,
    options?: RequestOptions & { detector?: DetectorOptions; modelId?: string },
  ): Promise<EmbedResult>
  /**
   * Enrols faces of one person. Per-image problems are answered in `rejected`, not thrown.
   * @param person an existing person's id, or the name (and metadata) of a new one
   * @throws {FaceError} `invalidOption` when `ifExists` is `reuse` and several persons have the name;
   *   `personExists` when it is `refuse` and somebody has it
   */
  enroll(
    collection: string,
    person: string | NewPersonInput,
    images: readonly EnrollImage[],
    options?: EnrollOptions,
  ): Promise<EnrollResult>
  /**
   * Who an embedding of the collection's model is.
   * @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`
   */
  identify(
    collection: string,
    probe: EmbeddingProbe,
    options?: IdentifyOptions,
  ): Promise<IdentifyEmbeddingResult>
  /** Who the image shows: every face of it. */
  identify(
    collection: string,
    image: Uint8Array,
    options?: IdentifyOptions,
  ): Promise<IdentifyResult>
  verify(image: Uint8Array, target: VerifyTarget, options?: VerifyOptions): Promise<VerifyResult>

  readonly collections: {
    create(input: {
      readonly name: string
      readonly modelId?: string
      readonly policy?: DecisionPolicyPatch
      readonly storeCrops?: boolean
    }): Promise<Collection>
    /**
     * @param options `difficulty`: `latest` (default) answers the last measurement and begins the
     *   next where one is due, `wait` waits for it, a second or so, and `none` leaves it alone
     */
    get(
      name: string,
      options?: { readonly difficulty?: 'none' | 'latest' | 'wait' },
    ): Promise<CollectionDetails>
    list(options?: PageOptions): Promise<Page<Collection>>
    /**
     * @param patch what is absent stays; `null` in `policy` takes a value back
     * @throws {FaceError} `collectionNotFound`, `invalidOption`
     */
    update(
      name: string,
      patch: { readonly policy?: DecisionPolicyPatch; readonly storeCrops?: boolean },
    ): Promise<Collection>
    /** @throws {FaceError} `forbidden` for `default`, `collectionNotFound` */
    delete(name: string): Promise<void>
  }
  readonly persons: {
    create(collection: string, input: NewPersonInput): Promise<Person>
    get(collection: string, personId: string): Promise<Person>
    list(
      collection: string,
      options?: PageOptions & { readonly name?: string; readonly exactName?: string },
    ): Promise<Page<Person>>
    update(
      collection: string,
      personId: string,
      patch: { readonly name?: string; readonly metadata?: Metadata },
    ): Promise<Person>
    delete(collection: string, personId: string): Promise<void>
  }
  readonly faces: {
    get(collection: string, faceId: string): Promise<Face>
    list(
      collection: string,
      options?: PageOptions & { readonly personId?: string },
    ): Promise<Page<Face>>
    crop(collection: string, faceId: string): Promise<Uint8Array | undefined>
    delete(collection: string, faceId: string): Promise<void>
    /** Faces enrolled from this very file; for resumable bulk enrolment. */
    findByImage(collection: string, imageHash: string): Promise<readonly Face[]>
  }
  readonly index: {
    /** Its kind, its faces, and how it searches them. */
    status(collection: string): Promise<IndexStatus & { readonly kind: string }>
    /** How well searches agree with exact ones; of collections whose index is loaded and tells. */
    agreements(): Promise<readonly IndexAgreement[]>
    verify(collection: string): Promise<IndexReport>
    rebuild(collection: string, onProgress?: (done: number, total: number) => void): Promise<void>
  }
  models(): Promise<readonly ModelStatus[]>
  /** Counts nothing: it may be asked every second, of a gallery of any size. */
  readiness(): Promise<Readiness>
  /** Readiness, and what the gallery holds and does. */
  status(): Promise<Status>
  close(): Promise<void>
}

/** Candidates of a face, where the caller does not say. */
export const defaultCandidates = 5
/** Most candidates of a face. */
export const maxCandidates = 100

/** Of the collection that is made at the first start. */
export const defaultCollectionName = 'default'
