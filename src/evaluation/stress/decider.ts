import { createJudge, type FaceJudge } from '../../core/judge.ts'
import { defaultPolicy, shiftThresholds } from '../../core/policy.ts'
import { assessQuality, defaultQualityGates } from '../../core/quality.ts'
import type { FmrCurve } from '../../core/types.ts'
import type { AnalyzedFace } from '../../vision/analyzer/analyzer-types.ts'

/**
 * The product's decisions about faces and pairs, as functions of numbers. `evaluate stress` decides
 * by nothing else, so its rates are those of the product as long as these call what the product calls.
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
   * The threshold of a search.
   *
   * @param base    similarity that the policy gives for the gallery's size
   * @param search  probe and best candidate, unit vectors, and the similarities of the probe to
   *   every row but the best candidate's, descending
   * @returns at least `base`: asked only where the best candidate reaches it
   */
  searchThreshold(
    base: number,
    search: {
      readonly probe: Float32Array
      readonly candidate: Float32Array
      readonly others: Float32Array
    },
  ): number
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

/**
 * Decides as enrolment, verification and search do with the default quality gates: by the judge's
 * verdict whether a face can be compared, by the damage that two faces share, and by how alike the
 * rest of a gallery is.
 *
 * @param record  the model's judge; without one nobody is refused but by the gates
 * @param curve   of the model
 */
export function createJudgeDecider(record: FaceJudge | undefined, curve: FmrCurve): StressDecider {
  const gates: StressDecider = {
    ...createGateDecider(),
    searchThreshold: (base, search) => base + shiftOf(base, search, 0),
  }
  if (record === undefined) return gates
  const judge = createJudge(record)
  // From the numbers of the face, as the analyzer does it.
  const comparisonReasons: StressDecider['comparisonReasons'] = (face) => {
    const { embedding, rawNorms } = face
    if (embedding === undefined || rawNorms === undefined) return []
    return judge.assess({ ...face, embedding, rawNorms }).reasons
  }
  return {
    ...gates,
    comparisonReasons,
    enrolmentReasons: (face) => [...gates.enrolmentReasons(face), ...comparisonReasons(face)],
    pairThreshold: (base, a, b) => base + judge.pairShift(a, b),
    searchThreshold: (base, search) =>
      base + shiftOf(base, search, judge.pairShift(search.probe, search.candidate)),
  }

  function shiftOf(base: number, { others }: { readonly others: Float32Array }, shared: number) {
    const rest = { similarities: others, faces: others.length }
    const thresholds = { match: base, possible: base }
    return shiftThresholds(thresholds, defaultPolicy, { curve, rest, shared }).shift
  }
}
