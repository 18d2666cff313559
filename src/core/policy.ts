import { FaceError } from './errors.ts'
import { fmrAtSimilarity, similarityAtFmr } from './fmr.ts'
import { computeProbeShift, type RestOfGallery } from './probe-shift.ts'
import type { Decision, DecisionPolicy, FmrCurve, ProbeShiftMode } from './types.ts'

/** One search in a hundred by a stranger may match; one in ten may be shown as possible. */
export const defaultPolicy: DecisionPolicy = {
  maxFpir: 0.01,
  possibleFpir: 0.1,
  probeShift: 'standard',
}

/** The values of a policy's `probeShift`. */
export const probeShiftModes: readonly ProbeShiftMode[] = ['off', 'standard', 'strict']

/**
 * [Note: Small galleries] FPIR / N alone would let a gallery of one person match at the similarity
 * where 1 in 100 strangers passes. A comparison is never more lenient than these rates, whatever
 * the size: at 1e-4 the built-in models still accept most mated pairs, so strictness is cheap there.
 * See docs/decisions/0002-decision-policy.md.
 */
export const maxMatchFmr = 1e-4
export const maxPossibleFmr = 1e-3

/** Similarities that decide, and where they come from. */
export interface DecisionThresholds {
  /** `similarity >= match` is a match. */
  readonly match: number
  /** `similarity >= possible` is possible. */
  readonly possible: number
  /** Where the thresholds come from. */
  readonly basis: 'fmrCurve' | 'manual'
  /** FMR of one comparison at `match`; absent when the model has no curve. */
  readonly fmr?: number
  readonly extrapolated: boolean
  readonly gallerySize: number
}

/**
 * The FMR of one comparison that gives a search among `gallerySize` faces the rate `fpir`.
 *
 * FPIR = 1 - (1 - FMR)^N for independent comparisons; several faces of one person are not
 * independent, which makes the result strict rather than lenient.
 *
 * @param fpir         above 0, at most 1
 * @param gallerySize  enrolled faces; values below 1 count as 1
 * @source ISO/IEC 19795-1:2021, relation of FPIR and FMR; computed as -expm1(log1p(-fpir) / N) to keep small rates exact
 */
export function fmrForSearch(fpir: number, gallerySize: number): number {
  return -Math.expm1(Math.log1p(-fpir) / Math.max(1, gallerySize))
}

/**
 * The similarity thresholds of a policy in a gallery of a given size.
 *
 * `match` never falls as the gallery grows; `possible` is never above `match`.
 *
 * @param curve        the model's measured FMR curve, or `undefined` when it has none
 * @param gallerySize  enrolled faces
 * @throws {FaceError} `invalidOption` when there is neither a curve nor a threshold set by hand
 */
export function computeThresholds(
  policy: DecisionPolicy,
  curve: FmrCurve | undefined,
  gallerySize: number,
): DecisionThresholds {
  const match = matchThreshold(policy, curve, gallerySize)
  return {
    match: match.similarity,
    possible: Math.min(match.similarity, possibleThreshold(policy, curve, gallerySize, match)),
    basis: policy.threshold === undefined ? 'fmrCurve' : 'manual',
    ...(match.fmr === undefined ? {} : { fmr: match.fmr }),
    extrapolated: match.extrapolated,
    gallerySize,
  }
}

interface MatchThreshold {
  readonly similarity: number
  readonly fmr?: number
  readonly extrapolated: boolean
}

function matchThreshold(
  policy: DecisionPolicy,
  curve: FmrCurve | undefined,
  gallerySize: number,
): MatchThreshold {
  if (policy.threshold !== undefined) {
    if (curve === undefined) return { similarity: policy.threshold, extrapolated: false }
    const fmr = fmrAtSimilarity(curve, policy.threshold)
    return { similarity: policy.threshold, fmr: fmr.value, extrapolated: fmr.extrapolated }
  }
  if (curve === undefined) throw curveMissing()
  const fmr = Math.min(maxMatchFmr, fmrForSearch(policy.maxFpir, gallerySize))
  const similarity = similarityAtFmr(curve, fmr)
  return { similarity: similarity.value, fmr, extrapolated: similarity.extrapolated }
}

function possibleThreshold(
  policy: DecisionPolicy,
  curve: FmrCurve | undefined,
  gallerySize: number,
  match: MatchThreshold,
): number {
  if (policy.possibleThreshold !== undefined) return policy.possibleThreshold
  // Without a curve there is no second rate: the band is empty.
  if (curve === undefined) return match.similarity
  const fmr = Math.min(maxPossibleFmr, fmrForSearch(policy.possibleFpir, gallerySize))
  return similarityAtFmr(curve, fmr).value
}

/**
 * The threshold of a 1:1 comparison with a target FMR.
 *
 * @param maxFmr       target rate of the whole comparison, above 0, at most 1
 * @param comparisons  stored faces that the probe is compared with; the nearest one counts, so the rate of one is lowered accordingly
 * @throws {FaceError} `invalidOption` when the model has no curve
 */
export function computeVerifyThreshold(
  maxFmr: number,
  curve: FmrCurve | undefined,
  comparisons: number,
): number {
  if (curve === undefined) throw curveMissing()
  return similarityAtFmr(curve, fmrForSearch(maxFmr, comparisons)).value
}

/** The similarities that decide about one probe. */
export interface ProbeThresholds {
  readonly match: number
  readonly possible: number
  /** By how much they are raised for this probe: a difference of cosines, from 0. */
  readonly shift: number
}

/** How alike a probe is to strangers of the gallery, as a search found it. */
export interface ProbeSurroundings {
  readonly curve: FmrCurve | undefined
  /** `undefined` when the gallery has nobody. */
  readonly rest: RestOfGallery | undefined
  /** See [Note: Gallery shift] in gallery-difficulty.ts; used where the policy says so. */
  readonly ofGallery?: number
}

/** The shift of a search without regard to its candidates: the probe's, or the gallery's where that is larger. */
export function computeSearchShift(
  policy: DecisionPolicy,
  { curve, rest, ofGallery = 0 }: ProbeSurroundings,
): number {
  const mode = policy.probeShift ?? 'standard'
  const probeShift = curve && rest ? computeProbeShift(curve, rest, mode) : 0
  return Math.max(probeShift, policy.galleryShift ? ofGallery : 0)
}

/**
 * The gallery's thresholds as they hold for one probe: raised where its similarities to the rest of
 * the gallery exceed what the curve expects, or by the gallery's own shift where that is larger,
 * and up to the threshold that two faces with this damage have in a comparison, [Note: Damage of a
 * few]. A threshold set by hand stays as it is.
 *
 * @param shared  similarity that is damage, as `Judge.pairShift`; not used where shifts are off
 */
export function shiftThresholds(
  thresholds: Pick<DecisionThresholds, 'match' | 'possible'>,
  policy: DecisionPolicy,
  { shared = 0, ...surroundings }: ProbeSurroundings & { readonly shared?: number },
): ProbeThresholds {
  const { curve } = surroundings
  const alike = computeSearchShift(policy, surroundings)
  return raiseThresholds(thresholds, policy, { curve, alike, shared })
}

/** Does the same as {@link shiftThresholds}, with the known result of {@link computeSearchShift}. */
export function raiseThresholds(
  thresholds: Pick<DecisionThresholds, 'match' | 'possible'>,
  policy: DecisionPolicy,
  {
    curve,
    alike,
    shared,
  }: {
    readonly curve: FmrCurve | undefined
    readonly alike: number
    readonly shared: number
  },
): ProbeThresholds {
  const shift = withSharedDamage(alike, policy, shared - spareOverComparison(thresholds, curve))
  const raise = (similarity: number, byHand: number | undefined): number =>
    byHand === undefined ? Math.min(1, similarity + shift) : similarity
  const match = raise(thresholds.match, policy.threshold)
  return {
    match,
    possible: Math.min(match, raise(thresholds.possible, policy.possibleThreshold)),
    shift,
  }
}

// [Note: Damage of a few]
// Damage raises the threshold of a comparison by what both faces share of it. A search in a large
// gallery has a higher threshold than a comparison, because each of its many faces may be the one
// that resembles the probe. Those that share the probe's damage are few of them, or the probe shift
// would see it; the threshold of a comparison with this damage is strict enough for a few, so that
// much is asked for and not the sum of both. Where the sum was asked for, more enrolled people were
// missed and more damaged strangers named: docs/decisions/0012-comparable-faces.md.

/** How far the gallery's threshold lies above that of one comparison. */
function spareOverComparison(
  { match }: Pick<DecisionThresholds, 'match'>,
  curve: FmrCurve | undefined,
): number {
  return curve === undefined
    ? 0
    : Math.max(0, match - computeVerifyThreshold(maxMatchFmr, curve, 1))
}

/**
 * The shift of a candidate. That a probe is more alike to a gallery than the curve knows and that it
 * shares damage with the candidate may have one reason, so the larger counts.
 *
 * @param alike   shift of the search without regard to the candidate
 * @param shared  as in {@link shiftThresholds}
 */
export function withSharedDamage(alike: number, policy: DecisionPolicy, shared: number): number {
  return policy.probeShift === 'off' ? alike : Math.max(alike, shared)
}

/** Decides by the similarity of the best candidate; `undefined` (no candidate) is unknown. */
export function decide(
  similarity: number | undefined,
  thresholds: Pick<DecisionThresholds, 'match' | 'possible'>,
): Decision {
  if (similarity === undefined) return 'unknown'
  if (similarity >= thresholds.match) return 'match'
  return similarity >= thresholds.possible ? 'possible' : 'unknown'
}

/**
 * Checks a policy.
 *
 * @throws {FaceError} `invalidOption` naming the field: rates lie above 0 and at most at 1,
 *   `possibleFpir` is at least `maxFpir`; thresholds lie between 0 and 1 and `possibleThreshold` is
 *   at most `threshold`; `probeShift` is one of {@link probeShiftModes}, `galleryShift` a boolean
 */
export function assertPolicy(policy: DecisionPolicy): void {
  assertRate('maxFpir', policy.maxFpir)
  assertRate('possibleFpir', policy.possibleFpir)
  if (policy.possibleFpir < policy.maxFpir) {
    throw invalid(`possibleFpir must be at least maxFpir (${policy.maxFpir})`, policy.possibleFpir)
  }
  assertThreshold('threshold', policy.threshold)
  assertThreshold('possibleThreshold', policy.possibleThreshold)
  const { threshold, possibleThreshold } = policy
  if (threshold !== undefined && possibleThreshold !== undefined && possibleThreshold > threshold) {
    throw invalid(`possibleThreshold must be at most threshold (${threshold})`, possibleThreshold)
  }
  const { probeShift, galleryShift } = policy
  if (probeShift !== undefined && !probeShiftModes.includes(probeShift)) {
    throw new FaceError('invalidOption', {
      detail: `probeShift must be one of ${probeShiftModes.join(', ')}, got ${JSON.stringify(probeShift)}.`,
    })
  }
  if (galleryShift !== undefined && typeof galleryShift !== 'boolean') {
    throw new FaceError('invalidOption', {
      detail: `galleryShift must be true or false, got ${JSON.stringify(galleryShift)}.`,
    })
  }
}

/** @throws {FaceError} `invalidOption` unless 0 < value <= 1 */
export function assertRate(name: string, value: number): void {
  if (!(value > 0 && value <= 1))
    throw invalid(`${name} must be a rate above 0 and at most 1`, value)
}

/** @throws {FaceError} `invalidOption` unless the value is absent or 0 <= value <= 1 */
export function assertThreshold(name: string, value: number | undefined): void {
  if (value === undefined || (value >= 0 && value <= 1)) return
  throw invalid(`${name} must be a similarity from 0 to 1`, value)
}

function invalid(expected: string, value: number): FaceError {
  return new FaceError('invalidOption', { detail: `${expected}, got ${value}.` })
}

function curveMissing(): FaceError {
  return new FaceError('invalidOption', {
    detail:
      'No FMR curve has been measured for this model, so no error rate can be kept: set a threshold (cosine similarity, 0 to 1) by hand.',
  })
}
