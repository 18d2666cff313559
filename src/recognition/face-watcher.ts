import type { ConsentRulePatch } from '../core/consent.ts'
import type { GalleryDifficulty } from '../core/gallery-difficulty.ts'
import type { KeepUnknownPatch } from '../core/keep-unknown.ts'
import type { Suppression } from '../core/not-this-person.ts'
import type { DecisionThresholds, ProbeThresholds } from '../core/policy.ts'
import type { RetentionPatch } from '../core/retention.ts'
import type {
  Decision,
  DecisionPolicyPatch,
  Detection,
  Quality,
  QualityGatePatch,
  RejectionReason,
  UndeterminedReason,
} from '../core/types.ts'
import type { GalleryCaller, LongOptions, SuppressedPerson } from '../gallery/gallery.ts'
import type { IndexAgreement } from '../gallery/sync/index-agreement.ts'
import type { IndexDifferences } from '../gallery/sync/index-check.ts'
import type { IndexStatus } from '../search/vector-index.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face } from '../storage/ports/faces.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import type {
  ChangedPerson,
  Metadata,
  NewPerson,
  Person,
  PersonCondition,
  PersonListOptions,
  PersonPatch,
} from '../storage/ports/persons.ts'
import type { Statement } from '../storage/ports/statements.ts'
import type { DetectorOptions, StageTimings, Turn } from '../vision/analyzer/analyzer-types.ts'
import type { BulkPersonEntry, BulkPersonsResult } from './bulk-persons.ts'
import type { WithdrawOptions } from './consent.ts'
import type { Examination } from './examination/examination.ts'
import type { Corrections, History } from './history.ts'
import type { SecondModel } from './second-model.ts'
import type { SetAside } from './set-aside.ts'
import type { RecorderStats } from './strangers/recorder.ts'
import type { Strangers } from './strangers/strangers-api.ts'

export type { DecisionThresholds } from '../core/policy.ts'

/** Options of every call that analyses images. */
export interface RequestOptions {
  /** Takes the call out of the queue, or discards its result: error `aborted`. */
  readonly signal?: AbortSignal
}

/** For whom the use cases of {@link FaceWatcher.as} run. */
export interface RequestContext extends GalleryCaller {
  /** Ends what looks at images, unless the call has a signal of its own. */
  readonly signal?: AbortSignal
}

/** Milliseconds of each stage of a call; sums over all its images. */
export interface Timings extends StageTimings {
  /** Time of the search, milliseconds; 0 where nothing was searched. */
  readonly searchMs: number
}

/** Facts about an image that an answer has besides the faces. */
export interface ImageFacts {
  /** Width of the image after its EXIF orientation, pixels. */
  readonly width: number
  readonly height: number
  /** Degrees clockwise by which the image was turned to be read; boxes are in the image as given. */
  readonly turned: Turn
  /** Faces found beyond `maxFaces`, the smallest, which are not answered. */
  readonly omittedFaces: number
}

/** The faces of an image, without embeddings. */
export interface DetectResult extends ImageFacts {
  /** Largest first. */
  readonly faces: readonly { readonly detection: Detection; readonly quality: Quality }[]
  readonly timings: Timings
}

/** The faces of an image with their embeddings. */
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

/** An image to enrol a face from. */
export interface EnrollImage {
  /** Shown in the answer, never used as a path. */
  readonly fileName: string
  readonly bytes: Uint8Array
}

/**
 * An embedding to enrol a face from, without an image: of the collection's model, from `embed` or from
 * elsewhere. Nothing can be checked but duplicates, so take care to enrol none whose `reasons` are not
 * empty.
 */
export interface EnrollEmbedding extends EmbeddingProbe {
  /** What it is called in the answer. */
  readonly fileName: string
}

/** A person to be made, or to be found by name. */
export type NewPersonInput = NewPerson

/** Options of an enrolment. */
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
  /**
   * Look at everything and store nothing: the answer says what would have happened. Faces in it have ids
   * that nothing has, and a person who would be made is absent. Default false.
   */
  readonly dryRun?: boolean
}

/** A warning about a face that was enrolled all the same. */
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

/** A hint that says how a person would be found more easily. */
export interface EnrollHint {
  /** The person has one photograph; a second one would help most. */
  readonly reason: 'onePhotograph'
  /** A plain sentence. */
  readonly message: string
}

/** The outcome of an enrolment, image by image: each is in `faces` or in `rejected`. */
export interface EnrollResult {
  /** The person; absent when nothing was enrolled and the person would have been new. */
  readonly person?: Person
  /** This enrolment made the person. */
  readonly newPerson: boolean
  readonly faces: readonly {
    readonly fileName: string
    readonly face: Face
    /** The same image was enrolled for this person before; the stored face is answered. */
    readonly alreadyEnrolled: boolean
    /**
     * Degrees clockwise by which the image was turned to be read; the face's box is in the image as
     * given. Absent when no image was read: it was enrolled before, or there was an embedding.
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
  /** The enrolment in the history; absent when nothing changed. */
  readonly entryId?: string
  readonly timings: Timings
}

/** One person in the answer of a search. */
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

/** The stored embedding of a face. */
export interface FaceEmbedding {
  readonly faceId: string
  readonly modelId: string
  /** [dimension] a unit vector. */
  readonly embedding: Float32Array
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
  /** The thresholds that decided: the gallery's, raised by the probe's shift. */
  readonly thresholds: ProbeThresholds
  /** Ranked, at most `candidates` of the request; empty when the gallery is empty. */
  readonly candidates: readonly Candidate[]
  /**
   * Persons who would be among the candidates, had nobody said of a face that it is not them; absent
   * when there are none.
   */
  readonly suppressed?: readonly SuppressedPerson[]
  /**
   * The sighting that an `unknown` face becomes where the collection keeps those; absent also when so many
   * come at once that it is not kept. Its stranger is known a moment later: `strangers.sighting`.
   */
  readonly sightingId?: string
}

/** One face of an image, with the decision about it. */
export interface IdentifiedFace extends IdentifiedProbe {
  readonly detection: Detection
  readonly quality: Quality
}

/** What a search answers besides its faces. */
export interface SearchFacts {
  readonly collection: string
  readonly modelId: string
  /** Thresholds of the gallery, before the shift of a probe. */
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

/** Options of `identify`. */
export interface IdentifyOptions extends RequestOptions {
  /** Most persons that are answered for each face, 1 to 100. Default 5. */
  readonly candidates?: number
  readonly detector?: DetectorOptions
  /** Where the face was seen, such as the name of a camera; kept with strangers, 1 to 200 characters. */
  readonly source?: string
  /**
   * `false`: a face that nobody enrolled has is not kept, though the collection keeps such faces. For
   * an image that was asked before, and for frames between those that are to be kept. Default `true`.
   */
  readonly keepUnknown?: boolean
}

/** The outcome of a 1:1 comparison. */
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
  /**
   * Why it is no match though it may be similar enough: somebody said of a face that it is not this
   * person, and the image lies nearer to that one than to the person's own.
   */
  readonly rejection?: Suppression
  readonly timings: Timings
}

/** The other side of a 1:1 comparison. */
export type VerifyTarget =
  | { readonly image: Uint8Array }
  | { readonly collection: string; readonly personId: string }
  | { readonly collection: string; readonly faceId: string }

/** Options of a 1:1 comparison. */
export interface VerifyOptions extends RequestOptions {
  /** What is left open comes from the configuration. */
  readonly detector?: DetectorOptions
  /** Model of a comparison of two images; otherwise that of the collection is used. */
  readonly modelId?: string
  /** Target FMR of the comparison, default 1e-4; ignored when `threshold` is given. */
  readonly maxFmr?: number
  readonly threshold?: number
  readonly faces?: 'one' | 'largest'
}

/** Where the index of a collection differs from the database. */
export interface IndexReport extends IndexDifferences {
  readonly collection: string
}

/** A model with its measured accuracy and licence. */
export interface ModelStatus {
  readonly id: string
  readonly task: 'detector' | 'embedder'
  readonly title: string
  readonly installed: boolean
  /** Whether the server can fetch it; otherwise the user brings its file. */
  readonly installable: boolean
  /** Bytes that are fetched then, where they are known. */
  readonly downloadBytes?: number
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

/** Whether requests can be served, and what the gallery holds and does. */
export interface Status extends Readiness {
  readonly collections: number
  readonly persons: number
  readonly faces: number
  /** Indexes built from the store since the start, because their snapshot was missing, damaged or outdated. */
  readonly indexRebuilds: number
  /** Snapshots that could not be written since the start. */
  readonly snapshotFailures: number
  readonly workers: number
  readonly queued: number
  readonly running: number
  /** Sightings of strangers that are waiting to be written, were written, or could not be kept. */
  readonly sightings: RecorderStats
}

/** How alike the people of a collection are, against the photographs its model was measured on. */
export interface CollectionDifficulty extends Partial<GalleryDifficulty> {
  /** Faces that the collection had when it was measured; one of each of `persons` was compared. */
  readonly faces: number
  readonly persons: number
  /** Pairs that were compared; with fewer than 3,000 the other measures are absent. */
  readonly pairs: number
  /** Share of searches by strangers from the same camera that reach a threshold without a shift. */
  readonly expectedFpir?: number
}

/** Changes of a collection: what is absent stays. */
export interface CollectionChanges {
  /** A new name, by which alone it is reached from then on. */
  readonly name?: string
  readonly policy?: DecisionPolicyPatch
  readonly storeCrops?: boolean
  readonly qualityGates?: QualityGatePatch
  /** What is kept of faces that nobody enrolled has; `null`: nothing any more, and what was is erased. */
  readonly keepUnknown?: KeepUnknownPatch
  /** What it makes of consents; `null`: as a new collection does. */
  readonly consent?: ConsentRulePatch
  /** When its people are erased, by a job; `null`: nobody any more. */
  readonly retention?: RetentionPatch
}

/** A collection with its counts and the thresholds that follow from them. */
export interface CollectionDetails extends Collection {
  readonly persons: number
  readonly faces: number
  readonly thresholds: DecisionThresholds
  /** Absent without a curve, and until it was measured, which begins when it is asked for. */
  readonly difficulty?: CollectionDifficulty
}

/** What a policy with this rate would decide by, in a collection as large as it is now. */
export interface ThresholdForRate {
  readonly maxFpir: number
  /** Similarity of a match, before it is raised for a probe. */
  readonly threshold: number
  /** FMR of one comparison at `threshold`. */
  readonly fmr: number
  readonly extrapolated: boolean
  /** Share of mated pairs of the curve's photographs below `threshold`: searches for a person with one face that miss it. */
  readonly fnmr: number
}

/** What rates would mean for a collection. */
export interface ThresholdsForRates {
  readonly modelId: string
  readonly gallerySize: number
  /** In the order in which the rates were given. */
  readonly items: readonly ThresholdForRate[]
}

/** What something is said of: a stored face, an image of one face, or an embedding. */
export type StatementSubject = { readonly faceId: string } | Uint8Array | EmbeddingProbe

export interface StatementOptions extends RequestOptions {
  /** What is left open comes from the configuration. */
  readonly detector?: DetectorOptions
  /** `one`: exactly one face or an error; `largest`: the largest face. Default `one`. */
  readonly faces?: 'one' | 'largest'
}

/** What became of something that was said. */
export interface Stated {
  readonly statement: Statement
  /** The same was said before, and is answered as it is. */
  readonly alreadyStated: boolean
  /** The opposite that was said before of the same face of the same image, and counts no more. */
  readonly revoked?: Statement
}

/** What confirming answers. */
export interface Confirmed extends Stated {
  /** Where it was to be enrolled, too: how that came out. The confirmation stands either way. */
  readonly enrolled?: EnrollResult
}

/** The statements of one kind. A person's are reached by the person alone. */
export interface Statements {
  /**
   * A page of what was said of a person, newest last.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `invalidCursor`, `invalidOption`
   */
  list(collection: string, personId: string, options?: PageOptions): Promise<Page<Statement>>
  /** @throws {FaceError} `collectionNotFound`, `statementNotFound` */
  get(collection: string, personId: string, id: string): Promise<Statement>
  /** Takes a statement back. @throws {FaceError} `collectionNotFound`, `statementNotFound` */
  revoke(collection: string, personId: string, id: string): Promise<void>
}

/** "Not this person"; see [Note: Not this person] in not-this-person.ts. */
export interface Rejections extends Statements {
  /**
   * Says of a face that it is not a person. From then on, on all nodes, the person is no candidate for
   * probes that lie nearer to this face than to the faces of the person.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `faceNotFound`; `faceOfPerson` for a
   *   face of the person; `notComparable` for an image whose face cannot be compared; `modelMismatch`,
   *   `dimensionMismatch`, `invalidEmbedding`; as `detect`, `noFace`, `multipleFaces`
   */
  add(
    collection: string,
    personId: string,
    subject: StatementSubject,
    options?: StatementOptions,
  ): Promise<Stated>
}

/** "This is the person." It enrols nothing unless that is asked for. */
export interface Confirmations extends Statements {
  /**
   * Says of a face that it is a person. A rejection of the same face is revoked, and rejections hold no
   * more for probes that lie nearer to this face than to what was rejected.
   *
   * @param options  `enroll`: stores the face, too, of an image or an embedding, with the usual gates;
   *   default false
   * @throws {FaceError} as `Rejections.add`; `invalidOption` to enrol a face that is stored
   */
  add(
    collection: string,
    personId: string,
    subject: StatementSubject,
    options?: StatementOptions & { readonly enroll?: boolean },
  ): Promise<Confirmed>
}

/**
 * Face Watcher's use cases: what HTTP, the command line and the library all call.
 * `collection` is a collection's name; `default` exists from the start.
 */
export interface FaceWatcher {
  /**
   * The same use cases for a caller: what they write carries who asked. Optional in a program of
   * one's own, whose calls are then the library's. Cheap enough for each request; `close` of any of
   * them closes all.
   */
  as(context: RequestContext): FaceWatcher
  /**
   * Finds all faces of an image.
   *
   * @throws {FaceError} of kind `input` for a file that cannot be used as an image; `invalidOption`,
   *   `modelNotInstalled`, `overloaded`, `notReady`, `aborted`, `workerFailed`
   */
  detect(
    image: Uint8Array,
    options?: RequestOptions & { detector?: DetectorOptions },
  ): Promise<DetectResult>
  /**
   * Finds all faces of an image and computes their embeddings.
   *
   * @throws {FaceError} as `detect`; `unknownModel`
   */
  embed(
    image: Uint8Array,
    options?: RequestOptions & { detector?: DetectorOptions; modelId?: string },
  ): Promise<EmbedResult>
  /**
   * Enrols faces of one person. Per-image problems are answered in `rejected`, not thrown.
   * @param person an existing person's id, or the name (and metadata) of a new one
   * @param images images, or embeddings of the collection's model, of one face each
   * @throws {FaceError} `invalidOption` when `ifExists` is `reuse` and several persons have the name;
   *   `personExists` when it is `refuse` and somebody has it; `modelMismatch`, `dimensionMismatch`,
   *   `invalidEmbedding` for an embedding that cannot be one of the collection
   */
  enroll(
    collection: string,
    person: string | NewPersonInput,
    images: readonly (EnrollImage | EnrollEmbedding)[],
    options?: EnrollOptions,
  ): Promise<EnrollResult>
  /**
   * Who an embedding of the collection's model is.
   *
   * @throws {FaceError} `collectionNotFound`, `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`
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
  /**
   * Compares an image with another one, with a person (the nearest of all their faces counts), or with
   * a stored face.
   *
   * @throws {FaceError} as `detect`; `noFace`, `multipleFaces`, `collectionNotFound`,
   *   `personNotFound`, `faceNotFound`, `modelMismatch`
   */
  verify(image: Uint8Array, target: VerifyTarget, options?: VerifyOptions): Promise<VerifyResult>

  /** Named galleries, each with one model and one policy. */
  readonly collections: {
    /**
     * Creates a collection, by default of the configured model and policy.
     *
     * @throws {FaceError} `collectionExists`, `invalidName`, `unknownModel`; `invalidOption` for a policy
     *   that the model cannot keep, and for limits out of range
     */
    create(input: {
      readonly name: string
      readonly modelId?: string
      readonly policy?: DecisionPolicyPatch
      readonly storeCrops?: boolean
      /** Where enrolment asks for other limits than the configuration. */
      readonly qualityGates?: QualityGatePatch
      /** What is kept of faces that nobody enrolled has. Default: nothing. */
      readonly keepUnknown?: KeepUnknownPatch
      readonly consent?: ConsentRulePatch
      readonly retention?: RetentionPatch
    }): Promise<Collection>
    /**
     * A collection with its counts and thresholds.
     *
     * @param options `difficulty`: `latest` (default) answers the last measurement and begins the
     *   next where one is due, `wait` waits for it, a second or so, and `none` leaves it alone
     * @throws {FaceError} `collectionNotFound`
     */
    get(
      name: string,
      options?: { readonly difficulty?: 'none' | 'latest' | 'wait' },
    ): Promise<CollectionDetails>
    /**
     * Tells which thresholds rates would give, without changing anything.
     *
     * @param rates  `maxFpir` of a policy, each above 0 and at most 1
     * @throws {FaceError} `collectionNotFound`; `invalidOption` for a model without a curve
     */
    thresholdsFor(name: string, rates: readonly number[]): Promise<ThresholdsForRates>
    /** A page of all collections. @throws {FaceError} `invalidCursor`, `invalidOption` */
    list(options?: PageOptions): Promise<Page<Collection>>
    /**
     * Changes a collection's name, its policy, its quality gates, whether it stores crops, or what it
     * keeps of strangers.
     *
     * @param patch what is absent stays; `null` in `policy` or `qualityGates` takes a value back
     * @throws {FaceError} `collectionNotFound`, `collectionExists`, `invalidName`, `invalidOption`;
     *   `forbidden` for another name of `default`
     */
    update(name: string, patch: CollectionChanges): Promise<Collection>
    /** Deletes a collection with all its persons and faces. @throws {FaceError} `forbidden` for `default`, `collectionNotFound` */
    delete(name: string): Promise<void>
  }
  readonly secondModel: SecondModel
  /** People who were seen and whom nobody has enrolled. */
  readonly strangers: Strangers
  /** The people of collections. */
  readonly persons: {
    /**
     * Makes a person without faces, or finds one by external id or name (`ifExists`).
     *
     * @throws {FaceError} `collectionNotFound`, `invalidName`, `invalidMetadata`, `invalidOption`,
     *   `personExists`, `externalIdTaken`
     */
    create(collection: string, input: NewPersonInput): Promise<Person>
    /** @throws {FaceError} `collectionNotFound`, `personNotFound` */
    get(collection: string, personId: string): Promise<Person>
    /**
     * A page of persons: those who are asked for, in the order that is asked for, by default those made
     * last at the end.
     *
     * @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption`
     */
    list(collection: string, options?: PersonListOptions): Promise<Page<Person>>
    /**
     * Changes a person's own fields; what is absent stays.
     *
     * @throws {FaceError} `collectionNotFound`, `personNotFound`, `revisionMismatch`, `invalidName`,
     *   `invalidMetadata`, `invalidOption`, `externalIdTaken`; `faceNotFound` for a cover that is no face
     *   of the person
     */
    update(
      collection: string,
      personId: string,
      patch: PersonPatch,
      condition?: PersonCondition,
    ): Promise<ChangedPerson>
    /**
     * Withdraws the consent of a person, which no undo takes back. One that was withdrawn stays as it is.
     *
     * @throws {FaceError} `collectionNotFound`, `personNotFound`, `revisionMismatch`, `invalidOption`;
     *   `consentRequired` when there is none
     */
    withdrawConsent(
      collection: string,
      personId: string,
      options?: WithdrawOptions,
    ): Promise<ChangedPerson>
    /**
     * Changes or deletes up to 1,000 persons. That one cannot be changed is a result, and does not stop
     * the others.
     *
     * @param options.dryRun  nothing is changed, and persons are answered as they would be
     * @throws {FaceError} `collectionNotFound`; `invalidOption` for too many, or a person named twice
     */
    bulk(
      collection: string,
      entries: readonly BulkPersonEntry[],
      options?: { readonly dryRun?: boolean },
    ): Promise<BulkPersonsResult>
  } & Corrections['persons']
  /** The stored faces of people. */
  readonly faces: {
    /** @throws {FaceError} `collectionNotFound`, `faceNotFound` */
    get(collection: string, faceId: string): Promise<Face>
    /**
     * A page of faces, of one person or of all.
     *
     * @throws {FaceError} `collectionNotFound`, `invalidCursor`, `invalidOption`
     */
    list(
      collection: string,
      options?: PageOptions & { readonly personId?: string },
    ): Promise<Page<Face>>
    /** JPEG of the face; `undefined` where none was stored. @throws {FaceError} `collectionNotFound`, `faceNotFound` */
    crop(collection: string, faceId: string): Promise<Uint8Array | undefined>
    /** The stored embedding of a face. @throws {FaceError} `collectionNotFound`, `faceNotFound` */
    embedding(collection: string, faceId: string): Promise<FaceEmbedding>
    /** Faces enrolled from this very file; for resumable bulk enrolment. */
    findByImage(collection: string, imageHash: string): Promise<readonly Face[]>
  } & Corrections['faces']
  /** The changes of persons and faces. */
  readonly history: History
  /** Faces that no search finds until they are put back. */
  readonly setAside: SetAside
  readonly rejections: Rejections
  readonly confirmations: Confirmations
  readonly examination: Examination
  /** How faces are searched. */
  readonly index: {
    /** The index of a collection: its kind, its faces, and how it searches them. */
    status(collection: string): Promise<IndexStatus & { readonly kind: string }>
    /** How well searches agree with exact ones; of collections whose index is loaded and tells. */
    agreements(): Promise<readonly IndexAgreement[]>
    /** Compares the index with the database, ids and vectors. @throws {FaceError} `collectionNotFound` */
    verify(collection: string, options?: LongOptions): Promise<IndexReport>
    /** Makes the index equal to the database again; searches go on meanwhile. @throws {FaceError} `collectionNotFound` */
    rebuild(collection: string, options?: LongOptions): Promise<void>
  }
  /** All models that are known, installed or not. */
  models(): Promise<readonly ModelStatus[]>
  /** Counts nothing: it may be asked every second, of a gallery of any size. */
  readiness(): Promise<Readiness>
  /** Readiness, and what the gallery holds and does. */
  status(): Promise<Status>
  /** Finishes what is in work, writes snapshots and ends the worker threads. */
  close(): Promise<void>
}

/** Candidates of a face, where the caller does not say. */
export const defaultCandidates = 5
/** Most candidates of a face. */
export const maxCandidates = 100

/** Name of the collection that is made at the first start. */
export const defaultCollectionName = 'default'
