import { invertCurve, supportOf } from './fmr.ts'
import type { FmrCurve, ProbeShiftMode } from './types.ts'

/** The faces of a gallery without those of the person that a probe resembles most. */
export interface RestOfGallery {
  /** Cosines of the probe to the nearest of them, descending; as many as {@link restRanks} asks for, or fewer. */
  readonly similarities: ArrayLike<number>
  /** Number of faces in the rest of the gallery. */
  readonly faces: number
}

// [Note: Probe shift]
// The model's curve says how alike strangers are in the photographs it was measured on. Photographs
// of one studio, of one group of people or with one kind of damage are more alike, and a threshold
// from the curve then lets far more strangers pass than it promises. How much more alike shows in
// the search itself: the similarities of the probe to everybody but the best candidate are those of
// strangers, and the curve says what their highest ones should be (order statistics: rank r of N
// has about the quantile (r - 0.5) / N; rank 1 is the best candidate, which is left out). What they
// exceed it by is added to the threshold. It never lowers: a probe that is less alike than usual may
// come from another camera, and then a lower threshold would be wrong for the next one.
// Measured in docs/decisions/0010-probe-shift.md.

/** Share of the rest whose similarities count. */
const rankShare = 0.05
/** Least ranks of the rest that are used. The mean of fewer is noisy: their shift counts in proportion. */
export const minRestRanks = 10
/** Most ranks of the rest that are used. The mean of more tells less about the highest, the false matches. */
export const maxRestRanks = 50
/** Factor for a policy that would rather miss somebody than name a stranger. */
const strictFactor = 1.25
/** A curve that begins at a smaller rate does not tell where its middle is. */
const medianFmr = 0.45

/**
 * How many of the highest similarities of the rest count.
 *
 * @param faces  of the rest
 * @returns 5 % of them, 10 to 50, at most all
 */
export function restRanks(faces: number): number {
  const share = Math.round(rankShare * faces)
  return Math.min(faces, Math.max(minRestRanks, Math.min(maxRestRanks, share)))
}

/**
 * How much higher than the curve says the threshold of this search has to be; see [Note: Probe shift].
 *
 * @param rest  fewer similarities than {@link restRanks} give a stricter shift: the nearest ones alone
 * @returns a difference of cosines, from 0
 */
export function computeProbeShift(
  curve: FmrCurve,
  rest: RestOfGallery,
  mode: ProbeShiftMode = 'standard',
): number {
  if (mode === 'off') return 0
  const ranks = Math.min(restRanks(rest.faces), rest.similarities.length)
  const expected = createExpectation(curve)
  let excess = 0
  let counted = 0
  for (let i = 0; i < ranks; i++) {
    const similarity = expected((i + 1.5) / (rest.faces + 1))
    if (similarity === undefined) break
    excess += (rest.similarities[i] as number) - similarity
    counted++
  }
  if (counted === 0) return 0
  // Two people who look alike are no crowd: one similarity of strangers scatters by 0.1.
  const evidence = Math.min(1, counted / minRestRanks)
  return Math.max(0, excess / counted) * evidence * (mode === 'strict' ? strictFactor : 1)
}

/**
 * The similarity that a share of strangers reaches. Curves begin at a rate of a half; below their
 * median, where strangers of small galleries lie, the distribution is taken as symmetric.
 */
function createExpectation(curve: FmrCurve): (share: number) => number | undefined {
  const inverse = invertCurve(curve)
  const { largestFmr } = supportOf(curve)
  if (largestFmr < medianFmr) {
    return (share) => (share <= largestFmr ? inverse(share).value : undefined)
  }
  const median = inverse(Math.min(0.5, largestFmr)).value
  return (share) => {
    if (share <= largestFmr) return inverse(share).value
    return share < 1 - largestFmr ? median : 2 * median - inverse(1 - share).value
  }
}
