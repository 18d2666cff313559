/** A point in pixels. The frame is the image after its EXIF orientation unless said otherwise. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A box in pixels of the image after its EXIF orientation; it may reach beyond the image's edges. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** Image-left eye, image-right eye, nose tip, image-left mouth corner, image-right mouth corner. */
export type Landmarks5 = readonly [Point, Point, Point, Point, Point]

/** A face found in an image. */
export interface Detection {
  readonly box: Box
  readonly landmarks: Landmarks5
  /** The detector's own probability that this is a face, 0 to 1. */
  readonly confidence: number
}

/** Where a face lies in a crop. Crop pixels; conventions of {@link Detection}. */
export interface FacePlace {
  /** May reach beyond the crop where the face reached beyond the photograph. */
  readonly box: Box
  readonly landmarks: Landmarks5
}

/** A picture of one face, cut out of its photograph so that any model can embed it again. */
export interface FaceCrop {
  /** An image file. */
  readonly bytes: Uint8Array
  /** Absent in crops of versions that did not keep it; the face is detected then. */
  readonly place?: FacePlace
}

/** Head rotation in degrees. Positive yaw: towards image right; pitch: down; roll: clockwise in the image. */
export interface Pose {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
}

/** How usable a detected face is for recognition. */
export interface Quality {
  /** The shorter side of the face's box, pixels. */
  readonly sizePx: number
  /** Variance of the Laplacian of the aligned grey crop (0..255 scale); higher is sharper. */
  readonly sharpness: number
  /** Mean luma of the aligned crop, 0 to 1. */
  readonly brightness: number
  readonly pose: Pose
  /** The detection's confidence, 0 to 1. */
  readonly confidence: number
}

/** Why a face or an image was not enrolled. */
export type RejectionReason = (typeof rejectionReasons)[number]

/** Every {@link RejectionReason}. */
export const rejectionReasons = [
  'unsupportedImage',
  'corruptImage',
  'imageTooLarge',
  'emptyImage',
  'noFace',
  'multipleFaces',
  'faceTooSmall',
  'tooBlurred',
  'tooDark',
  'tooBright',
  'extremePose',
  'lowConfidence',
  'notAFace',
  'rotated',
  'cutOff',
  'occluded',
  'tooNoisy',
  'damaged',
  'duplicateOfOtherPerson',
  'alreadyEnrolled',
  'fault',
] as const

/** Limits a face must keep to be enrolled. `undefined` fields are not checked. */
export interface QualityGates {
  readonly minSizePx?: number | undefined
  readonly minSharpness?: number | undefined
  readonly minBrightness?: number | undefined
  readonly maxBrightness?: number | undefined
  readonly maxYawDegrees?: number | undefined
  readonly maxPitchDegrees?: number | undefined
  readonly minConfidence?: number | undefined
}

/** What a collection asks for instead of the configuration: a limit, or `off`. Absent: the configuration's. */
export type QualityGateSettings = {
  readonly [K in keyof QualityGates]?: number | 'off' | undefined
}

/** Changes of {@link QualityGateSettings}: what is absent stays, `null` takes a setting back. */
export type QualityGatePatch = {
  readonly [K in keyof QualityGates]?: number | 'off' | null | undefined
}

/**
 * Why a face cannot be compared: its embedding would say more about the damage than about the
 * person. `notAFace`: the detector is wrong or unsure; `rotated`: the face is not upright;
 * `cutOff`: the image's edge cuts the face; `occluded`: something covers it; `tooSmall`,
 * `tooBlurred`, `tooNoisy`, `tooDark`, `tooBright`: the picture is too poor; `extremePose`: the head
 * is turned away; `damaged`: the embedding resembles those of damaged pictures, of which kind is open.
 */
export type UndeterminedReason = (typeof undeterminedReasons)[number]

/** Every {@link UndeterminedReason}, in the order in which they are named. */
export const undeterminedReasons = [
  'notAFace',
  'rotated',
  'cutOff',
  'occluded',
  'tooSmall',
  'tooBlurred',
  'tooNoisy',
  'tooDark',
  'tooBright',
  'extremePose',
  'damaged',
] as const

/** Whether the embedding of a face can be trusted. */
export interface Comparability {
  readonly comparable: boolean
  /** Why not, the most telling first; empty when it can be compared. */
  readonly reasons: readonly UndeterminedReason[]
  /** The face can be compared, but from so weak a photograph a person is missed more often. */
  readonly weak?: true
}

/**
 * `match`: this person, at the error rate of the policy; `possible`: between the strict and the
 * lenient rate; `unknown`: nobody enrolled; `undetermined`: the face cannot be compared.
 */
export type Decision = 'match' | 'possible' | 'unknown' | 'undetermined'

/** Whether thresholds rise where strangers are more alike than the model's curve expects; `strict`: by a quarter more. */
export type ProbeShiftMode = 'off' | 'standard' | 'strict'

/**
 * How a collection decides. `maxFpir` and `possibleFpir` are target false positive identification
 * rates of a search; the similarity thresholds follow from the model's FMR curve and the gallery's
 * size. `threshold` and `possibleThreshold` (cosine) override them by hand; those are taken as they
 * are, without a shift.
 */
export interface DecisionPolicy {
  readonly maxFpir: number
  readonly possibleFpir: number
  readonly threshold?: number | undefined
  readonly possibleThreshold?: number | undefined
  /** Default `standard`. */
  readonly probeShift?: ProbeShiftMode | undefined
  /**
   * Whether thresholds rise by what the people of the gallery are more alike than the model's curve
   * expects: for verification, and for searches whose probes come from the camera that the gallery
   * was photographed with. Default false.
   */
  readonly galleryShift?: boolean | undefined
}

/**
 * Changes of a policy: what is absent stays, and `null` takes a value back, so that the collection
 * has what a new one would get; of a threshold that is none, and the rates decide again.
 */
export type DecisionPolicyPatch = {
  readonly [K in keyof DecisionPolicy]?: DecisionPolicy[K] | null | undefined
}

/**
 * False match rate of a model as a function of similarity, measured on non-mated pairs.
 * FMR(t) is the fraction of non-mated comparisons with similarity >= t.
 */
export interface FmrCurve {
  /** The data set and protocol, in words. */
  readonly source: string
  /** The committed result file that the curve came from, relative to the repository. */
  readonly resultFile: string
  readonly matedPairs: number
  readonly nonMatedPairs: number
  /** Descending FMR, ascending similarity; `falseMatches` is the count that supports the point. */
  readonly points: readonly {
    readonly similarity: number
    readonly fmr: number
    readonly falseMatches: number
    /** True match rate of the mated pairs at this similarity. */
    readonly tmr: number
  }[]
  /**
   * Generalised Pareto tail fitted to exceedances above `threshold` (Coles 2001, ch. 4):
   * P(S > s) = rate * (1 + shape * (s - threshold) / scale)^(-1 / shape).
   */
  readonly tail: {
    readonly threshold: number
    readonly rate: number
    readonly shape: number
    readonly scale: number
    readonly exceedances: number
  }
}

/** Opaque place in the change feed. Compare only for equality; order is the feed's. */
export type Cursor = string

/** Embeddings of faces of a collection. */
export interface EmbeddingBatch {
  readonly faceIds: readonly string[]
  /** faceIds.length x dimension, row-major. */
  readonly embeddings: Float32Array
}
