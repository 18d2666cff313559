import type { Texts } from './text/texts.ts'

/** Smallest rate that is shown: no set of photographs that was counted supports a smaller one. */
const smallestShownRate = 1e-6

/** A rate as one in so many; a bound where the true one is lower and was not counted. */
export interface OneIn {
  readonly count: number
  readonly isBound: boolean
}

/**
 * A false match rate as one in `count`, rounded to two digits. What was not counted is given as the
 * bound of what was, never as a number of its own.
 *
 * @param extrapolated  the rate lies beyond what was counted
 */
export function toOneIn(rate: number, extrapolated = false): OneIn {
  const exact = 1 / Math.max(rate, smallestShownRate)
  // Two digits, rounded down, as the command line says it; 1 / 1e-5 is a hair below 100,000.
  const step = 10 ** Math.max(0, Math.floor(Math.log10(exact) + 1e-9) - 1)
  return {
    count: Math.floor(exact / step + 1e-6) * step,
    isBound: extrapolated || rate < smallestShownRate,
  }
}

/** {@link toOneIn} as "1 in N". */
export function rateText(t: Texts<'shared'>, rate: number, extrapolated = false): string {
  const { count, isBound } = toOneIn(rate, extrapolated)
  return t(isBound ? 'rarerThanOneIn' : 'oneIn', { count })
}

/** A rate as a number in 1,000, with two digits that count: strangers are easier to picture than rates. */
export function perThousand(rate: number): string {
  return String(Number((rate * 1000).toPrecision(2)))
}
