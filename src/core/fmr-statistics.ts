import { FaceError } from './errors.ts'

export interface ParetoTail {
  /** Shape xi; positive is a heavy tail, negative one with an end point. */
  readonly shape: number
  /** Scale sigma > 0, unit of the exceedances. */
  readonly scale: number
}

/** Fits with fewer exceedances say nothing. */
export const minTailExceedances = 30

/**
 * Fits a generalised Pareto distribution to exceedances by probability-weighted moments.
 *
 * Chosen over maximum likelihood because it needs no iteration, always answers and is at least as
 * accurate for the sample sizes and shapes (below 0.5) met here.
 *
 * @param exceedances  amounts above the tail's threshold, each >= 0, any order, at least {@link minTailExceedances}
 * @throws {FaceError} `invalidOption` with too few or all equal exceedances
 * @source Hosking & Wallis 1987, Technometrics 29(3), section 4; their k is -shape
 */
export function fitParetoTail(exceedances: ArrayLike<number>): ParetoTail {
  const n = exceedances.length
  if (n < minTailExceedances) {
    throw new FaceError('invalidOption', {
      detail: `A tail needs at least ${minTailExceedances} exceedances, got ${n}.`,
    })
  }
  const sorted = Float64Array.from(exceedances).sort()
  let a0 = 0
  let a1 = 0
  for (let i = 0; i < n; i++) {
    const value = sorted[i] as number
    a0 += value / n
    a1 += (value * (n - 1 - i)) / ((n - 1) * n)
  }
  const spread = a0 - 2 * a1
  if (!(spread > a0 * 1e-12)) {
    throw new FaceError('invalidOption', { detail: 'All exceedances of the tail are equal.' })
  }
  return { shape: 2 - a0 / spread, scale: (2 * a0 * a1) / spread }
}

export interface Interval {
  readonly lower: number
  readonly upper: number
}

/** Two-sided 95 % quantile of the normal distribution. */
const z95 = 1.959963984540054

/**
 * The Wilson score interval (95 %) of a rate.
 *
 * Comparisons that share a photograph are not independent, so for pairs of a data set the interval
 * is a lower bound of the uncertainty.
 *
 * @param events  count, 0 to trials
 * @param trials  count; 0 gives the interval 0 to 1
 * @source Wilson 1927, JASA 22(158); Brown, Cai & DasGupta 2001, Statistical Science 16(2), eq. 4
 */
export function wilsonInterval(events: number, trials: number): Interval {
  if (trials === 0) return { lower: 0, upper: 1 }
  const rate = events / trials
  const square = z95 * z95
  const centre = (rate + square / (2 * trials)) / (1 + square / trials)
  const half =
    (z95 / (1 + square / trials)) *
    Math.sqrt((rate * (1 - rate)) / trials + square / (4 * trials * trials))
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) }
}
