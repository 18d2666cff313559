import { fmrAtSimilarity, similarityAtFmr } from './fmr.ts'
import { maxPossibleFmr } from './policy.ts'
import type { FmrCurve } from './types.ts'

// [Note: Same person twice]
// Two persons of a gallery may be one. Their nearest faces tell: of n_A x n_B comparisons the largest
// similarity counts, so strangers reach it about FMR x n_A x n_B times. A pair is suggested while this
// rate, times the number of all pairs of persons, is at most 3: about so many suggestions are wrong
// in a gallery of any size. With 1,000 people of LFW of whom 50 were doubled that was measured to find
// .998 of them with 2 to 5 photographs a side and .92 with one, with about 2 wrong; without the factor
// n_A x n_B 79 or more were wrong. In a small gallery that would suggest every pair, so the rate of one
// comparison is never above that of a possible match, [Note: Small galleries] in policy.ts.

/** Suggestions that are expected to be wrong, where the caller does not say. */
export const defaultMaxWrong = 3

/**
 * How often strangers with so many faces are as similar.
 *
 * @param similarity  cosine of the two persons' nearest faces
 * @param faces       how many faces each of the two has
 * @returns a rate, at most 1; see [Note: Same person twice]
 */
export function computeMergeRate(
  curve: FmrCurve,
  similarity: number,
  faces: readonly [number, number],
): number {
  return Math.min(1, fmrAtSimilarity(curve, similarity).value * faces[0] * faces[1])
}

/** How many pairs there are of so many persons. */
export function countPairs(persons: number): number {
  return (persons * Math.max(0, persons - 1)) / 2
}

/**
 * The similarity below which no two persons are suggested, however few faces they have.
 *
 * @param persons   of the gallery
 * @param maxWrong  suggestions that may be wrong, above 0
 */
export function leastMergeSimilarity(
  curve: FmrCurve,
  { persons, maxWrong }: { readonly persons: number; readonly maxWrong: number },
): number {
  const pairs = Math.max(1, countPairs(persons))
  return similarityAtFmr(curve, Math.min(maxPossibleFmr, maxWrong / pairs)).value
}
