import { invertCurve } from '../fmr.ts'
import { fmrForSearch } from '../policy.ts'
import type { FmrCurve } from '../types.ts'

// [Note: Link of strangers]
// A sighting is compared with everybody who is kept as a stranger, so the rate of one comparison
// falls with their number K, as that of a search in a gallery does: one new person in 200 may fall
// to somebody else. Where there are few strangers this would be too lenient, because two that were
// joined by mistake attract further ones; a limit holds it back. One photograph that resembles
// another is not enough: the mean of all of a stranger's photographs has to be near as well, at ten
// times the rate. Without it chains of look-alikes run together (pairwise precision 0.56 to 0.74
// with 21 photographs each, in place of 0.995).

/** Share of new persons who may be taken for a stranger who is kept. */
export const maxWrongLink = 0.005

/** A comparison is never more lenient than this, however few strangers there are. */
export const maxLinkFmr = 3e-6

/** How many times as frequent as the nearest face's the mean's similarity may be among other people. */
export const meanFmrFactor = 10

/** Similarities from which two strangers, or a sighting and a stranger, are one person. */
export interface LinkThresholds {
  /** Of the nearest two of their kept faces, cosine. */
  readonly nearest: number
  /** Mean over all pairs of their faces, cosine. */
  readonly mean: number
}

/**
 * Reads the thresholds of a model's curve, [Note: Link of strangers].
 *
 * @returns thresholds among a number of strangers; they never fall as it grows
 */
export function createLinkRule(curve: FmrCurve): (strangers: number) => LinkThresholds {
  const similarityAt = invertCurve(curve)
  return (strangers) => {
    const fmr = Math.min(maxLinkFmr, fmrForSearch(maxWrongLink, strangers))
    return {
      nearest: similarityAt(fmr).value,
      mean: similarityAt(meanFmrFactor * fmr).value,
    }
  }
}
