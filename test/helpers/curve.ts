import type { FmrCurve } from '../../src/core/types.ts'

/** A point of a made-up curve. */
type Point = readonly [similarity: number, fmr: number, tmr: number]

/**
 * A made-up curve of false match rates. Its counts follow from the rates.
 *
 * @param tail  `shape` and `scale` of the fitted tail, from the similarity and rate at which it begins
 */
export function makeCurve(
  points: readonly Point[],
  tail: Pick<FmrCurve['tail'], 'threshold' | 'rate' | 'shape' | 'scale'>,
  nonMatedPairs = 10_000_000,
): FmrCurve {
  const countOf = (fmr: number): number => Math.round(fmr * nonMatedPairs)
  return {
    ...{ source: 'made up', resultFile: 'none', matedPairs: 1000, nonMatedPairs },
    points: points.map(([similarity, fmr, tmr]) => {
      return { similarity, fmr, falseMatches: countOf(fmr), tmr }
    }),
    tail: { ...tail, exceedances: countOf(tail.rate) },
  }
}
