import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import {
  describeFmr,
  fmrAtSimilarity,
  fnmrAtSimilarity,
  similarityAtFmr,
  smallestFmr,
  statedFmr,
} from './fmr.ts'
import type { FmrCurve } from './types.ts'

const curve = makeCurve(
  [
    [0.1, 0.1, 1],
    [0.3, 1e-3, 0.99],
    [0.5, 1e-5, 0.95],
    [0.6, 1e-6, 0.9],
  ],
  { threshold: 0.4, rate: 1e-4, shape: -0.1, scale: 0.05 },
)
const withShape = (shape: number): FmrCurve => ({ ...curve, tail: { ...curve.tail, shape } })

describe('fmrAtSimilarity', () => {
  test('answers the measured rate at a point', () => {
    expect(fmrAtSimilarity(curve, 0.3).value).toBeCloseTo(1e-3, 12)
    expect(fmrAtSimilarity(curve, 0.3).extrapolated).toBe(false)
  })

  test('interpolates the logarithm between points', () => {
    expect(fmrAtSimilarity(curve, 0.4).value).toBeCloseTo(1e-4, 12)
  })

  test('starts at a rate of 1 for a cosine of -1', () => {
    expect(fmrAtSimilarity(curve, -1)).toEqual({ value: 1, extrapolated: false })
  })

  test('extrapolates beyond the last point with 30 false matches, though a later point exists', () => {
    const reading = fmrAtSimilarity(curve, 0.55)
    expect(reading.extrapolated).toBe(true)
    // scale at 0.5 is 0.05 - 0.1 x 0.1 = 0.04; (1 - 0.1 x 0.05 / 0.04)^10 = 0.875^10
    expect(reading.value).toBeCloseTo(1e-5 * 0.875 ** 10, 12)
  })

  test('never claims less than the smallest rate', () => {
    // The end point of the tail is 0.5 + 0.04 / 0.1 = 0.9.
    expect(fmrAtSimilarity(curve, 0.95)).toEqual({ value: smallestFmr, extrapolated: true })
    expect(fmrAtSimilarity(withShape(-3), 0.6).value).toBe(smallestFmr)
  })

  test('follows an exponential tail when the shape is 0', () => {
    expect(fmrAtSimilarity(withShape(0), 0.55).value).toBeCloseTo(1e-5 * Math.exp(-1), 12)
  })
})

describe('fnmrAtSimilarity', () => {
  test.each([
    [-1, 0],
    [0.1, 0],
    [0.3, 0.01],
    [0.4, 0.03],
    [0.6, 0.1],
    [0.9, 0.1],
  ])('answers at %f that %f is missed', (similarity, fnmr) => {
    expect(fnmrAtSimilarity(curve, similarity)).toBeCloseTo(fnmr, 12)
  })

  test('knows of nothing that is missed without points, and needs no two that differ', () => {
    expect(fnmrAtSimilarity({ ...curve, points: [] }, 0.5)).toBe(0)
    const point = { similarity: 0.4, fmr: 0.01, falseMatches: 30, tmr: 0.9 }
    const twice = { ...curve, points: [{ ...point, similarity: -1, tmr: 1 }, point, point] }
    expect(fnmrAtSimilarity(twice, -1)).toBe(0)
    expect(fnmrAtSimilarity(twice, 0.4)).toBeCloseTo(0.1, 12)
  })
})

describe('statedFmr', () => {
  test('answers the measured rate as it is', () => {
    expect(statedFmr(curve, 0.3)).toEqual(fmrAtSimilarity(curve, 0.3))
  })

  test('answers the last supported rate as a bound for everything beyond', () => {
    for (const similarity of [0.51, 0.6, 1]) {
      expect(statedFmr(curve, similarity)).toEqual({ value: 1e-5, extrapolated: true })
    }
  })
})

describe('describeFmr', () => {
  test.each([
    [{ value: 0.5, extrapolated: false }, '1 in 2'],
    [{ value: 1e-5, extrapolated: false }, '1 in 100,000'],
    [{ value: 1.013e-6, extrapolated: true }, 'rarer than 1 in 980,000'],
    [{ value: 1, extrapolated: false }, '1 in 1'],
  ])('puts %j into words', (reading, words) => {
    expect(describeFmr(reading)).toBe(words)
  })
})

describe('similarityAtFmr', () => {
  test('answers the similarity of a measured rate', () => {
    expect(similarityAtFmr(curve, 1e-3).value).toBeCloseTo(0.3, 12)
    expect(similarityAtFmr(curve, 1e-5)).toEqual({ value: 0.5, extrapolated: false })
  })

  test('takes rates above 1 as 1 and rates of 0 as the smallest', () => {
    expect(similarityAtFmr(curve, 2).value).toBe(-1)
    expect(similarityAtFmr(curve, 0)).toEqual(similarityAtFmr(curve, smallestFmr))
  })

  test('never answers more than a cosine of 1', () => {
    expect(similarityAtFmr(withShape(0.8), 1e-11)).toEqual({ value: 1, extrapolated: true })
  })

  test('answers from the tail alone when no point has support', () => {
    const few = { ...curve, points: curve.points.slice(3) }
    expect(similarityAtFmr(few, 1e-4)).toEqual({
      value: expect.closeTo(0.4, 12),
      extrapolated: false,
    })
    expect(similarityAtFmr(few, 1e-6).extrapolated).toBe(true)
  })

  test('inverts fmrAtSimilarity for every shape of the tail', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -9, max: -0.1, noNaN: true }),
        fc.constantFrom(-0.2, 0, 0.1),
        (exponent, shape) => {
          const fmr = 10 ** exponent
          const similarity = similarityAtFmr(withShape(shape), fmr).value
          if (similarity === 1) return
          const back = fmrAtSimilarity(withShape(shape), similarity).value
          expect(Math.abs(Math.log(back / fmr))).toBeLessThan(1e-6)
        },
      ),
    )
  })

  test('never falls as the rate falls', () => {
    const rate = fc.double({ min: 1e-13, max: 1, noNaN: true })
    fc.assert(
      fc.property(rate, rate, fc.constantFrom(-0.3, 0, 0.3), (a, b, shape) => {
        const strict = similarityAtFmr(withShape(shape), Math.min(a, b)).value
        const lenient = similarityAtFmr(withShape(shape), Math.max(a, b)).value
        expect(strict).toBeGreaterThanOrEqual(lenient - 1e-12)
      }),
    )
  })
})
