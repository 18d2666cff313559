import type { FmrCurve } from './types.ts'

/** A rate is read from the counts only where at least this many false matches support it ("rule of 30", Doddington et al. 2000). */
export const minSupportingFalseMatches = 30

/** Nothing is claimed below this rate: no set of photographs is large or clean enough to support it. */
export const smallestFmr = 1e-12

interface CurvePoint {
  readonly similarity: number
  readonly fmr: number
}

/** A value read from a curve, and whether it lies beyond what the curve's counts support. */
export interface CurveReading {
  readonly value: number
  readonly extrapolated: boolean
}

/**
 * The FMR of one comparison at a similarity.
 *
 * Between two points the logarithm of the rate is linear in the similarity. Beyond the last point
 * that enough false matches support, the rate follows the curve's generalised Pareto tail, anchored
 * at that point so that the reading is continuous.
 *
 * @param similarity  cosine, -1 to 1
 * @returns FMR, {@link smallestFmr} to 1; never increases with the similarity
 * @source Coles 2001, "An Introduction to Statistical Modeling of Extreme Values", eq. 4.10
 */
export function fmrAtSimilarity(curve: FmrCurve, similarity: number): CurveReading {
  const points = supportedPoints(curve)
  const last = points[points.length - 1] as CurvePoint
  if (similarity > last.similarity) {
    return {
      value: Math.max(smallestFmr, last.fmr * survivalBeyond(curve, last.similarity, similarity)),
      extrapolated: true,
    }
  }
  const [lower, upper] = segment(points, (point) => similarity <= point.similarity)
  const share = (similarity - lower.similarity) / (upper.similarity - lower.similarity)
  const logFmr = Math.log(lower.fmr) + share * Math.log(upper.fmr / lower.fmr)
  return { value: Math.min(1, Math.exp(logFmr)), extrapolated: false }
}

/**
 * The smallest similarity whose FMR is at most `fmr`: the inverse of {@link fmrAtSimilarity}.
 *
 * @param fmr  0 to 1, exclusive of 0; values below {@link smallestFmr} count as that
 * @returns cosine, -1 to 1; never decreases as the rate falls
 */
export function similarityAtFmr(curve: FmrCurve, fmr: number): CurveReading {
  return invertCurve(curve)(fmr)
}

/** {@link similarityAtFmr} for many rates of one curve: a tenth of a microsecond each. */
export function invertCurve(curve: FmrCurve): (fmr: number) => CurveReading {
  const points = supportedPoints(curve)
  const last = points[points.length - 1] as CurvePoint
  return (fmr) => {
    const target = Math.min(1, Math.max(smallestFmr, fmr))
    if (target < last.fmr) {
      const beyond = similarityBeyond(curve, last.similarity, target / last.fmr)
      return { value: Math.min(1, beyond), extrapolated: true }
    }
    const [lower, upper] = segment(points, (point) => target >= point.fmr)
    const share = Math.log(target / lower.fmr) / Math.log(upper.fmr / lower.fmr)
    const value = lower.similarity + share * (upper.similarity - lower.similarity)
    return { value, extrapolated: false }
  }
}

/** The rates between which a curve was counted. */
export interface CurveSupport {
  /** FMR at the curve's lowest similarity. */
  readonly largestFmr: number
  /** FMR at the highest similarity that at least {@link minSupportingFalseMatches} false matches passed. */
  readonly smallestFmr: number
}

/** The rates that a curve's counts support. */
export function supportOf(curve: FmrCurve): CurveSupport {
  const points = supportedPoints(curve)
  return {
    largestFmr: (points[0] as CurvePoint).fmr,
    smallestFmr: (points[points.length - 1] as CurvePoint).fmr,
  }
}

/**
 * The FMR of one comparison as it may be shown. Beyond the counts it is not the extrapolated rate,
 * which nobody has counted, but the smallest rate that was: the true one is at most that.
 *
 * @param similarity  cosine, -1 to 1
 * @returns `extrapolated`: the value is a bound; see {@link describeFmr} for the words
 */
export function statedFmr(curve: FmrCurve, similarity: number): CurveReading {
  const { value, extrapolated } = fmrAtSimilarity(curve, similarity)
  return extrapolated
    ? { value: supportOf(curve).smallestFmr, extrapolated }
    : { value, extrapolated }
}

/**
 * A stated rate in words: `1 in 50,000`, or `rarer than 1 in 1,000,000` for a bound. Two digits
 * count, and the number of pairs is rounded down.
 */
export function describeFmr({ value, extrapolated }: CurveReading): string {
  const pairs = 1 / value
  const step = 10 ** Math.max(0, Math.floor(Math.log10(pairs) + 1e-9) - 1)
  // 1 / 1e-5 is a hair below 100,000.
  const rounded = Math.floor(pairs / step + 1e-6) * step
  return `${extrapolated ? 'rarer than ' : ''}1 in ${rounded.toLocaleString('en')}`
}

/**
 * The FNMR of one comparison at a similarity: the share of mated pairs of the curve's photographs
 * that are less similar. Between two points it is linear; beyond the last point it is that point's,
 * and more is missed than it says.
 *
 * @param similarity  cosine, -1 to 1
 * @returns FNMR, 0 to 1; never falls with the similarity, as long as the curve's rates do not rise
 */
export function fnmrAtSimilarity({ points }: FmrCurve, similarity: number): number {
  const above = points.findIndex((point) => similarity <= point.similarity)
  const upper = points[above < 0 ? points.length - 1 : above]
  if (upper === undefined) return 0
  const lower = above < 0 ? upper : (points[above - 1] ?? { similarity: -1, tmr: 1 })
  const width = upper.similarity - lower.similarity
  const share = width > 0 ? (similarity - lower.similarity) / width : 1
  return 1 - (lower.tmr + share * (upper.tmr - lower.tmr))
}

/** Every comparison has a cosine of at least -1. */
const startOfScale: CurvePoint = { similarity: -1, fmr: 1 }

/** The first point that `reached` holds for, and the one before it. */
function segment(
  points: readonly CurvePoint[],
  reached: (point: CurvePoint) => boolean,
): readonly [CurvePoint, CurvePoint] {
  const index = points.findIndex(reached)
  return [points[index - 1] ?? startOfScale, points[index] as CurvePoint]
}

function supportedPoints(curve: FmrCurve): readonly CurvePoint[] {
  const supported = curve.points.filter(
    (point) =>
      point.falseMatches >= minSupportingFalseMatches && point.fmr < 1 && point.similarity > -1,
  )
  if (supported.length > 0) return supported
  // A curve from too few pairs has only its tail.
  return [{ similarity: curve.tail.threshold, fmr: curve.tail.rate }]
}

/** P(S > similarity | S > from) of the tail; a generalised Pareto again, with the scale moved to `from`. */
function survivalBeyond(curve: FmrCurve, from: number, similarity: number): number {
  const { shape } = curve.tail
  const excess = (similarity - from) / scaleAt(curve, from)
  if (shape === 0) return Math.exp(-excess)
  const base = 1 + shape * excess
  return base > 0 ? base ** (-1 / shape) : 0
}

/** The similarity whose conditional survival beyond `from` is `survival`. */
function similarityBeyond(curve: FmrCurve, from: number, survival: number): number {
  const { shape } = curve.tail
  const scale = scaleAt(curve, from)
  if (shape === 0) return from - scale * Math.log(survival)
  return from + (scale / shape) * (survival ** -shape - 1)
}

function scaleAt(curve: FmrCurve, from: number): number {
  const { scale, shape, threshold } = curve.tail
  // With a negative shape the scale shrinks to 0 at the distribution's end point.
  return Math.max(1e-9, scale + shape * Math.max(0, from - threshold))
}
