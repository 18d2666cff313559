import { fmrAtSimilarity, minSupportingFalseMatches, similarityAtFmr } from './fmr.ts'
import type { FmrCurve } from './types.ts'

/** How much more alike the people of a gallery are than the model's curve expects of strangers. */
export interface GalleryDifficulty {
  /** Pairs of faces of different people that were compared. */
  readonly pairs: number
  /**
   * The false match rate at which gallery and curve are compared: 1e-3, or the smallest
   * that 30 pairs support.
   */
  readonly rate: number
  /** Pairs that reach the curve's similarity at `rate`; the curve expects `rate * pairs`. */
  readonly falseMatches: number
  /** `falseMatches` over what the curve expects; 1: as the photographs the curve was measured on. */
  readonly times: number
  /** How much higher the similarity at `rate` is in the gallery: a difference of cosines, from 0. */
  readonly shift: number
}

// [Note: Gallery shift]
// Photographs of one studio or one group of people are more alike than those a curve was measured
// on. How much more shows in the gallery itself: all pairs of its people are pairs of strangers.
// At a rate of 1 in 1,000, or where 30 pairs lie above, the gallery's similarity less the curve's is
// what a threshold lacks for strangers from the same camera. It says nothing about strangers from
// elsewhere, which is why it is reported and applied only on request. One face a person counts.
// Pairs that share a face are not independent: between draws of 1,000 people the shift scatters by
// 0.002, of 100 by 0.011. See docs/decisions/0014-gallery-shift.md.

/** Where gallery and curve are compared: rarer than that, hundreds of people have too few pairs. */
export const comparedFmr = 1e-3
/** Highest rate that is compared: above it similarities tell about faces in general, not about confusions. */
const maxComparedFmr = 1e-2
/** Pairs without which nothing is said: 30 of them at 1 in 100, which 78 people have. */
export const minDifficultyPairs: number = minSupportingFalseMatches / maxComparedFmr

/**
 * Compares the pairs of different people of a gallery with the model's curve.
 *
 * @param similarities  cosines of the pairs, in any order
 * @returns `undefined` for fewer than {@link minDifficultyPairs} pairs, which say nothing
 */
export function computeGalleryDifficulty(
  curve: FmrCurve,
  similarities: Float32Array,
): GalleryDifficulty | undefined {
  const pairs = similarities.length
  if (pairs < minDifficultyPairs) return undefined
  const expected = Math.max(minSupportingFalseMatches, Math.round(comparedFmr * pairs))
  const rate = expected / pairs
  const threshold = similarityAtFmr(curve, rate).value
  const above = selectFrom(similarities, threshold).sort()
  // Fewer above than expected: the gallery is easier, and a threshold is never lowered.
  const atRate = above[above.length - expected] ?? threshold
  const falseMatches = above.length
  return {
    pairs,
    rate,
    falseMatches,
    times: falseMatches / expected,
    shift: Math.max(0, atRate - threshold),
  }
}

/** Those of at least `threshold`; `filter` with its calls takes several times as long. */
function selectFrom(similarities: Float32Array, threshold: number): Float32Array {
  const out = new Float32Array(similarities.length)
  let count = 0
  for (let i = 0; i < similarities.length; i++) {
    const similarity = similarities[i]!
    if (similarity >= threshold) out[count++] = similarity
  }
  return out.subarray(0, count)
}

/**
 * The share of searches by strangers from the gallery's own camera that would reach a threshold
 * which is not shifted: 1 - (1 - FMR)^N, with the curve's FMR at the threshold less the shift.
 * On the strict side: 0.11 and 0.14 where 0.10 and 0.11 were counted, for a studio of 300 and 1,000.
 *
 * @param match        similarity, cosine
 * @param gallerySize  enrolled faces
 */
export function expectedFpir(
  curve: FmrCurve,
  { match, gallerySize }: { readonly match: number; readonly gallerySize: number },
  { shift }: Pick<GalleryDifficulty, 'shift'>,
): number {
  const fmr = fmrAtSimilarity(curve, match - shift).value
  return fmr < 1 ? -Math.expm1(gallerySize * Math.log1p(-fmr)) : 1
}
