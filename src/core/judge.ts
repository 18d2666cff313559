import { dotProduct, normalizeInPlace } from './similarity.ts'
import type { Comparability, Quality, UndeterminedReason } from './types.ts'

/**
 * What a model's embeddings of damaged pictures look like, learned by `models calibrate`.
 * docs/decisions/0010-comparable-faces.md tells why these features and no others.
 */
export interface FaceJudge {
  /** Data set and kinds of damage it was learned from, in words. */
  readonly source: string
  /** The committed result file, relative to the repository. */
  readonly resultFile: string
  /**
   * A face is refused from `score >= refuseFrom` on, where score = intercept
   * + confidence x log-odds of the detector's confidence + sum of norms[i] x rawNorms[i]
   * + likeness x likeness to damaged faces.
   */
  readonly weights: {
    readonly intercept: number
    readonly confidence: number
    readonly norms: readonly number[]
    readonly likeness: number
  }
  readonly refuseFrom: number
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
   * The threshold of a pair rises by `factor` x what the smaller of both faces' likeness to damaged
   * faces exceeds `from`: two faces behind masks resemble each other, one face behind a mask and a
   * whole one do not.
   */
  readonly pairShift: { readonly factor: number; readonly from: number }
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
   * The largest cosine to a group of damaged faces, -1 to 1.
   *
   * @param embedding  unit vector of the judge's model
   */
  likeness(embedding: Float32Array): number
  /**
   * By how much damage that two faces share raises the threshold of their comparison.
   *
   * @param first   likeness of one face, as {@link Judge.likeness}
   * @param second  likeness of the other
   * @returns similarity, at least 0
   */
  pairShift(first: number, second: number): number
}

/** Prepares a judge. Takes milliseconds, so it is done once a model. */
export function createJudge(record: FaceJudge): Judge {
  const centroids = readCentroids(record.centroids)
  const { weights, refuseFrom, maxOutside, pairShift } = record

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
      const score = rawNorms.reduce(
        (sum, norm, part) => sum + (weights.norms[part] ?? 0) * norm,
        weights.intercept +
          weights.confidence * logOdds(quality.confidence) +
          weights.likeness * likeness,
      )
      const isCutOff = outside > maxOutside
      if (score < refuseFrom && !isCutOff) return { comparable: true, reasons: [] }
      const reasons = new Set<UndeterminedReason>(isCutOff ? ['cutOff'] : [])
      for (const cause of findCauses(quality, outside)) reasons.add(cause)
      // What was measured tells more than what the embedding resembles.
      if (reasons.size === 0) reasons.add(reason)
      return { comparable: false, reasons: [...reasons] }
    },
    likeness: (embedding) => nearest(embedding).likeness,
    pairShift: (first, second) =>
      pairShift.factor * Math.max(0, Math.min(first, second) - pairShift.from),
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

function logOdds(probability: number): number {
  return Math.log((probability + 1e-6) / (1 - probability + 1e-6))
}

interface Centroid {
  readonly reason: UndeterminedReason
  /** Unit vector. */
  readonly direction: Float32Array
}

function readCentroids({ reasons, directions }: FaceJudge['centroids']): readonly Centroid[] {
  const bytes = Int8Array.from(Buffer.from(directions, 'base64'))
  const dimension = bytes.length / reasons.length
  return reasons.map((reason, row) => {
    const direction = Float32Array.from(bytes.subarray(row * dimension, (row + 1) * dimension))
    normalizeInPlace(direction)
    return { reason, direction }
  })
}
