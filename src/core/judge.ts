import { dotProduct, normalizeInPlace } from './similarity.ts'
import type { Comparability, Quality, UndeterminedReason } from './types.ts'

/**
 * How a model's embeddings of damaged pictures look, learned by `evaluate judge`.
 * docs/decisions/0012-comparable-faces.md says why these features and no others.
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
   * A comparable face is weak whose raw norms are on average below these, of which 1 in 20 clean
   * photographs is. Of 150 people with about 10 photographs each, such a photograph did not match
   * half of its owner's others, all the rest one in eight; no other number told them apart as well.
   */
  readonly weakNorms: readonly number[]
  /** A crop with a larger share outside the image is refused, 0 to 1. */
  readonly maxOutside: number
  /** Means of groups of embeddings of damaged faces, never of one person. */
  readonly centroids: {
    /** Reasons that most faces of each group have. */
    readonly reasons: readonly UndeterminedReason[]
    /** Base64 of [groups x dimension] signed bytes, row-major; the length of a row carries nothing. */
    readonly directions: string
  }
  readonly damageSpace: DamageSpaceRecord
}

/**
 * [Note: Damage space] Each kind of damage moves embeddings in its own direction. The axes are those
 * in which kinds differ most, compared with how much faces of one kind differ; coordinates are in
 * units of that scatter. Clean photographs lie around 0 and each kind around its point, so that
 * Bayes' rule says how likely a face has which kind, and with that where damage has probably moved
 * its embedding: its expected displacement. Two faces that were moved to the same side are more
 * alike by the inner product of their displacements, and the threshold of a pair rises by twice of
 * that: two faces behind masks resemble each other, one behind a mask and a whole one do not.
 */
export interface DamageSpaceRecord {
  /** Mean of clean photographs: base64 of [dimension] float32, little-endian. */
  readonly mean: string
  /** [axes x dimension] */
  readonly axes: PackedRows
  /** Coordinates of each kind of damage, [kinds x axes]. */
  readonly points: PackedRows
  /** The vector by which each kind moves embeddings, in a basis of its own: [kinds x any]. */
  readonly displacements: PackedRows
}

/** Rows of one length, each in signed bytes times its scale. */
export interface PackedRows {
  /** The bytes as base64, row-major. */
  readonly values: string
  readonly scales: readonly number[]
}

/** The facts about one face that the judge reads. */
export interface JudgedFace {
  /** Unit vector. */
  readonly embedding: Float32Array
  /** Length of the embedding before normalisation, one a part of the model. */
  readonly rawNorms: readonly number[]
  readonly quality: Quality
  /** Share of the aligned crop outside the image, 0 to 1. */
  readonly outside: number
  /** Result of `computeAsymmetry` for the aligned crop, at least 0. */
  readonly asymmetry: number
}

/** A {@link FaceJudge} ready for use. */
export interface Judge {
  /** Whether the embedding of a face can be trusted. */
  assess(face: JudgedFace): Comparability
  /**
   * Computes by how much damage that two faces share raises the threshold of their comparison,
   * [Note: Damage space].
   *
   * @param first   unit vector of the judge's model
   * @param second  likewise
   * @returns similarity, at least 0
   */
  pairShift(first: Float32Array, second: Float32Array): number
}

/**
 * A face whose sides differ by less was made of one side and its mirror image, or drawn. Such faces
 * of different people resemble each other, and their embeddings look like those of photographs.
 */
const leastAsymmetry = 0.034

/** Share of faces that are clean before anything is known of them; the others are of any kind alike. */
const cleanShare = 0.03
/** Kinds are no normal distributions: the evidence of the coordinates counts a little less. */
const evidenceWeight = 0.8
/** Factor of the expected displacement, because the true one is larger as often as it is smaller. */
const shiftFactor = 2

/** Prepares a judge. Takes milliseconds, so it is done once a model. */
export function createJudge(record: FaceJudge): Judge {
  const { weights, refuseFrom, weakNorms, maxOutside } = record
  const space = readDamageSpace(record.damageSpace)
  const centroids = readCentroids(record.centroids, space.dimension)
  const scoreDamage = space.weigh(weights.damage)

  function nearest(embedding: Float32Array): { likeness: number; reason: UndeterminedReason } {
    let best = { likeness: -1, reason: 'damaged' as UndeterminedReason }
    for (const { reason, direction } of centroids) {
      const likeness = dotProduct(embedding, direction)
      if (likeness > best.likeness) best = { likeness, reason }
    }
    return best
  }

  /** A probe is compared with several faces in turn. */
  const displacements = new WeakMap<Float32Array, Float32Array>()

  function displacementOf(embedding: Float32Array): Float32Array {
    const known = displacements.get(embedding)
    if (known !== undefined) return known
    const displacement = space.expectDisplacement(embedding)
    displacements.set(embedding, displacement)
    return displacement
  }

  function isWeak(rawNorms: readonly number[]): boolean {
    const sum = weakNorms.reduce((ratios, limit, i) => ratios + rawNorms[i]! / limit, 0)
    return sum < weakNorms.length
  }

  return {
    assess({ embedding, rawNorms, quality, outside, asymmetry }) {
      const { likeness, reason } = nearest(embedding)
      const score =
        weights.intercept +
        weights.confidence * toLogOdds(quality.confidence) +
        weightedSum(weights.norms, rawNorms) +
        weights.likeness * likeness +
        scoreDamage(embedding)
      const isCutOff = outside > maxOutside
      const isMirrored = asymmetry < leastAsymmetry
      if (score < refuseFrom && !isCutOff && !isMirrored) {
        return { comparable: true, reasons: [], ...(isWeak(rawNorms) ? { weak: true } : {}) }
      }
      const reasons = new Set<UndeterminedReason>(isCutOff ? ['cutOff'] : [])
      for (const cause of findCauses(quality, outside)) reasons.add(cause)
      if (isMirrored) reasons.add('damaged')
      // What was measured tells more than what the embedding resembles.
      if (reasons.size === 0) reasons.add(reason)
      return { comparable: false, reasons: [...reasons] }
    },
    pairShift: (first, second) =>
      shiftFactor * Math.max(0, dotProduct(displacementOf(first), displacementOf(second))),
  }
}

/**
 * Limits from which on a face that is refused anyway is refused for this reason: the values at which
 * half of the faces that are damaged in this way are not recognised any more.
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

interface DamageSpace {
  readonly dimension: number
  /**
   * A weighted sum of an embedding's coordinates: one inner product, not one an axis.
   *
   * @param weights  one an axis
   */
  weigh(weights: readonly number[]): (embedding: Float32Array) => number
  /** Where damage has probably moved the embedding. */
  expectDisplacement(embedding: Float32Array): Float32Array
}

function readDamageSpace(record: DamageSpaceRecord): DamageSpace {
  const centre = new Float32Array(Uint8Array.from(Buffer.from(record.mean, 'base64')).buffer)
  const axes = unpack(record.axes)
  const points = unpack(record.points)
  const displacements = unpack(record.displacements)
  const offsets = axes.map((axis) => dotProduct(axis, centre))
  const halfSquares = points.map((point) => dotProduct(point, point) / 2)
  const oddsOfClean = (points.length * cleanShare) / (1 - cleanShare)

  /** Coordinates of an embedding, one an axis. */
  function project(embedding: Float32Array): Float32Array {
    const coordinates = new Float32Array(axes.length)
    for (let i = 0; i < axes.length; i++) {
      coordinates[i] = dotProduct(axes[i]!, embedding) - offsets[i]!
    }
    return coordinates
  }

  return {
    dimension: centre.length,
    weigh(weights) {
      const direction = Float32Array.from(centre, (_, d) =>
        axes.reduce((sum, axis, i) => sum + weights[i]! * axis[d]!, 0),
      )
      const offset = dotProduct(direction, centre)
      return (embedding) => dotProduct(direction, embedding) - offset
    },
    expectDisplacement(embedding) {
      const coordinates = project(embedding)
      const evidence = points.map(
        (point, k) => evidenceWeight * (dotProduct(point, coordinates) - halfSquares[k]!),
      )
      // The exponents are taken from the largest: none overflows.
      const largest = Math.max(0, ...evidence)
      const likelihoods = evidence.map((value) => Math.exp(value - largest))
      const total = likelihoods.reduce(
        (sum, likelihood) => sum + likelihood,
        oddsOfClean * Math.exp(-largest),
      )
      const expected = new Float32Array(displacements[0]!.length)
      for (let k = 0; k < displacements.length; k++) {
        const share = likelihoods[k]! / total
        // Most kinds have no share worth the work.
        if (share < 1e-6) continue
        const displacement = displacements[k]!
        for (let d = 0; d < expected.length; d++) expected[d]! += share * displacement[d]!
      }
      return expected
    },
  }
}

function unpack({ values, scales }: PackedRows): readonly Float32Array[] {
  const bytes = new Int8Array(Buffer.from(values, 'base64'))
  const length = bytes.length / scales.length
  return scales.map((scale, row) =>
    Float32Array.from(bytes.subarray(row * length, (row + 1) * length), (value) => scale * value),
  )
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
