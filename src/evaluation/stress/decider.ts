import { createJudge, type FaceJudge } from '../../core/judge.ts'
import { assessQuality, defaultQualityGates } from '../../core/quality.ts'
import type { FmrCurve, QualityGates } from '../../core/types.ts'
import type { AnalyzedFace } from '../../vision/analyzer-types.ts'

/**
 * The product's decisions about faces and pairs, as functions of numbers. `evaluate stress` decides
 * by nothing else, so its rates are those of the product as long as these call what the product calls.
 *
 * Faces come from a cache that outlives a change of a judge: decide from their numbers, never from a
 * verdict that they carry.
 */
export interface StressDecider {
  /** Why enrolment rejects a face; empty when it is taken. */
  enrolmentReasons(face: AnalyzedFace): readonly string[]
  /** Why a face is in no comparison and no search; empty when it is. */
  comparisonReasons(face: AnalyzedFace): readonly string[]
  /**
   * The threshold of two faces.
   *
   * @param base  similarity that the model's curve gives for the rate
   * @param a     unit vector
   * @param b     unit vector
   * @returns at least `base`: asked only for pairs that reach it
   */
  pairThreshold(base: number, a: Float32Array, b: Float32Array): number
  /**
   * The threshold of a search, before its best candidate is looked at as a pair.
   *
   * @param base    similarity that the policy gives for the gallery's size
   * @param probe   unit vector
   * @param others  similarities of the probe to every row but the best candidate's, descending
   * @returns at least `base`: asked only where the best candidate reaches it
   */
  searchThreshold(base: number, probe: Float32Array, others: Float32Array): number
}

/** Decides as the product does with its default settings. */
export function createProductDecider(product: {
  readonly judge: FaceJudge | undefined
  readonly curve: FmrCurve
  readonly gates: QualityGates
}): StressDecider {
  const judge = product.judge && createJudge(product.judge)
  const comparisonReasons = (face: AnalyzedFace): readonly string[] =>
    judge === undefined || face.embedding === undefined || face.rawNorms === undefined
      ? []
      : judge.assess({ ...face, embedding: face.embedding, rawNorms: face.rawNorms }).reasons
  return {
    enrolmentReasons: (face) => [
      ...assessQuality(face.quality, product.gates),
      ...comparisonReasons(face),
    ],
    comparisonReasons,
    pairThreshold: (base, a, b) => base + (judge?.pairShift(a, b) ?? 0),
    searchThreshold: (base) => base,
  }
}

/** Refuses by the default quality gates at enrolment and nothing else; no threshold is raised. */
export function createGateDecider(): StressDecider {
  return {
    enrolmentReasons: ({ quality }) => assessQuality(quality, defaultQualityGates),
    comparisonReasons: () => [],
    pairThreshold: (base) => base,
    searchThreshold: (base) => base,
  }
}
