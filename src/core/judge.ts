import { dotProduct, normalizeInPlace } from './similarity.ts'
import type { Comparability, Quality, UndeterminedReason } from './types.ts'

/**
 * What a model's embeddings of damaged pictures look like, learned by `evaluate judge`.
 * docs/decisions/0012-comparable-faces.md tells why these features and no others.
 */
export interface FaceJudge {
  /** Data set and kinds of damage it was learned from, in words. */
  readonly source: string
  /** The committed result file, relative to the repository. */
  readonly resultFile: string
  /**
   * A face is refused from `score >= refuseFrom` on, where score = intercept
   * + confidence x log-odds of the detector's confidence + sum of norms[i] x rawNorms[i]
   * + likeness x largest cosine to a centroid + sum of damage[i] x coordinate i of the damage space.
   */
  readonly weights: {
    readonly intercept: number
    readonly confidence: number
    readonly norms: readonly number[]
    readonly likeness: number
    readonly damage: readonly number[]
  }
  readonly refuseFrom: number
  /**
   * A comparable face is weak from this score on, set so that 1 in 20 clean photographs is. Absent
   * where it was not learned: then no face is called weak.
   */
  readonly weakFrom?: number
  /** A crop with a larger share outside the image is refused, 0 to 1. */
  readonly maxOutside: number
  /** Means of groups of embeddings of damaged faces, never of one person. */
  readonly centroids: {
    /** What is wrong with most faces of each group. */
    readonly reasons: readonly UndeterminedReason[]
    /** Base64 of [groups x dimension] signed bytes, row-major; the length of a row carries nothing. */
    readonly directions: string
  }
  /**
   * [Note: Damage space] Directions in which kinds of damage differ more than people do, around
   * the mean of clean photographs. Two photographs of one person have a certain `share` of their
   * similarity there. Where two embeddings have more in common there, it is damage: two faces behind
   * masks resemble each other, one behind a mask and a whole one do not. The threshold of a pair
   * rises by twice of what the inner product of their coordinates exceeds `share` x similarity.
   */
  readonly damageSpace: {
    /** Base64 of [dimension] float32, little-endian. */
    readonly mean: string
    /** Base64 of [axes x dimension] signed bytes, row-major; rows are orthogonal, their lengths carry nothing. */
    readonly axes: string
    readonly share: number
  }
}

/** What is known of one face. */
export interface JudgedFace {
  /** Unit vector. */
  readonly embedding: Float32Array
  /** Length of the embedding before normalisation, one a part of the model. */
  readonly rawNorms: readonly number[]
  readonly quality: Quality
  /** Share of the aligned crop outside the image, 0 to 1. */
  readonly outside: number
}

/** A {@link FaceJudge} ready for use. */
export interface Judge {
  /** Whether the embedding of a face can be trusted. */
  assess(face: JudgedFace): Comparability
  /**
   * By how much damage that two faces share raises the threshold of their comparison,
   * [Note: Damage space].
   *
   * @param first   unit vector of the judge's model
   * @param second  likewise
   * @returns similarity, at least 0
   */
  pairShift(first: Float32Array, second: Float32Array): number
}

/** Of what two faces share beyond one person's share; docs/decisions/0012-comparable-faces.md. */
const factor = 2
const margin = 0

/** Prepares a judge. Takes milliseconds, so it is done once a model. */
export function createJudge(record: FaceJudge): Judge {
  const { weights, refuseFrom, weakFrom = Number.POSITIVE_INFINITY, maxOutside } = record
  const space = readDamageSpace(record.damageSpace)
  const centroids = readCentroids(record.centroids, space.dimension)
  const { share } = record.damageSpace

  /** What two faces share beyond what two clean photographs of one person would. */
  function sharedDamage(first: Float32Array, second: Float32Array): number {
    const shared = weightedSum(space.project(first), space.project(second))
    return shared - share * Math.max(0, dotProduct(first, second))
  }

  function nearest(embedding: Float32Array): { likeness: number; reason: UndeterminedReason } {
    let best = { likeness: -1, reason: 'damaged' as UndeterminedReason }
    for (const { reason, direction } of centroids) {
      const likeness = dotProduct(embedding, direction)
      if (likeness > best.likeness) best = { likeness, reason }
    }
    return best
  }

  return {
    assess({ embedding, rawNorms, quality, outside }) {
      const { likeness, reason } = nearest(embedding)
      const score =
        weights.intercept +
        weights.confidence * toLogOdds(quality.confidence) +
        weightedSum(weights.norms, rawNorms) +
        weights.likeness * likeness +
        weightedSum(weights.damage, space.project(embedding))
      const isCutOff = outside > maxOutside
      if (score < refuseFrom && !isCutOff) {
        return { comparable: true, reasons: [], ...(score >= weakFrom ? { weak: true } : {}) }
      }
      const reasons = new Set<UndeterminedReason>(isCutOff ? ['cutOff'] : [])
      for (const cause of findCauses(quality, outside)) reasons.add(cause)
      // What was measured tells more than what the embedding resembles.
      if (reasons.size === 0) reasons.add(reason)
      return { comparable: false, reasons: [...reasons] }
    },
    pairShift: (first, second) => factor * Math.max(0, sharedDamage(first, second) - margin),
  }
}

/**
 * From here on a face that is refused anyway is refused for this reason. Values at which half of
 * the faces that are damaged in this way are not recognised any more.
 */
const causes = {
  sizePx: 20,
  sharpness: 8,
  darkness: 0.12,
  brightness: 0.9,
  outside: 0.12,
  yawDegrees: 60,
  pitchDegrees: 50,
  confidence: 0.7,
} as const

function findCauses(quality: Quality, outside: number): UndeterminedReason[] {
  const { sizePx, sharpness, brightness, pose, confidence } = quality
  const found: UndeterminedReason[] = []
  if (confidence < causes.confidence) found.push('notAFace')
  if (outside > causes.outside) found.push('cutOff')
  if (sizePx < causes.sizePx) found.push('tooSmall')
  if (sharpness < causes.sharpness) found.push('tooBlurred')
  if (brightness < causes.darkness) found.push('tooDark')
  if (brightness > causes.brightness) found.push('tooBright')
  if (Math.abs(pose.yaw) > causes.yawDegrees || Math.abs(pose.pitch) > causes.pitchDegrees) {
    found.push('extremePose')
  }
  return found
}

/** Log-odds of a probability, finite for 0 and 1. */
export function toLogOdds(probability: number): number {
  return Math.log((probability + 1e-6) / (1 - probability + 1e-6))
}

function weightedSum(weights: ArrayLike<number>, values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += weights[i]! * values[i]!
  return sum
}

interface Centroid {
  readonly reason: UndeterminedReason
  /** Unit vector. */
  readonly direction: Float32Array
}

function readCentroids(
  { reasons, directions }: FaceJudge['centroids'],
  dimension: number,
): readonly Centroid[] {
  return readDirections(directions, dimension).map((direction, row) => ({
    reason: reasons[row] ?? 'damaged',
    direction,
  }))
}

interface ProjectedSpace {
  readonly dimension: number
  /** Coordinates of an embedding, one an axis. */
  project(embedding: Float32Array): Float64Array
}

function readDamageSpace({ mean, axes }: FaceJudge['damageSpace']): ProjectedSpace {
  const centre = new Float32Array(Uint8Array.from(Buffer.from(mean, 'base64')).buffer)
  const directions = readDirections(axes, centre.length)
  const offsets = directions.map((direction) => dotProduct(direction, centre))
  return {
    dimension: centre.length,
    project: (embedding) =>
      Float64Array.from(
        directions,
        (direction, i) => dotProduct(direction, embedding) - offsets[i]!,
      ),
  }
}

/** Unit vectors of [n x dimension] signed bytes in base64. */
function readDirections(base64: string, dimension: number): readonly Float32Array[] {
  const bytes = Int8Array.from(Buffer.from(base64, 'base64'))
  return Array.from({ length: bytes.length / dimension }, (_, row) => {
    const direction = Float32Array.from(bytes.subarray(row * dimension, (row + 1) * dimension))
    normalizeInPlace(direction)
    return direction
  })
}
