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

/** A made-up curve with an FMR of 1e-3 at a similarity of 0.3, and a tenth of it at each 0.1 more. */
export const plainCurve: FmrCurve = makeCurve(
  [
    [0.1, 0.1, 1],
    [0.3, 1e-3, 0.99],
    [0.4, 1e-4, 0.98],
    [0.5, 1e-5, 0.95],
  ],
  { threshold: 0.4, rate: 1e-4, shape: 0.05, scale: 0.04 },
)
