import { describe, expect, test } from 'vitest'
import { fitParetoTail, wilsonInterval } from './fmr-statistics.ts'

/** Quantiles of a generalised Pareto at the midpoints of n equal shares: a sample without noise. */
function quantiles(shape: number, scale: number, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => {
    const survival = 1 - (i + 0.5) / n
    return shape === 0 ? -scale * Math.log(survival) : (scale / shape) * (survival ** -shape - 1)
  })
}

describe('fitParetoTail', () => {
  test.each([
    [-0.3, 0.05],
    [0, 0.02],
    [0.2, 0.04],
  ])('finds shape %f and scale %f again', (shape, scale) => {
    const tail = fitParetoTail(quantiles(shape, scale, 20_000))
    expect(Math.abs(tail.shape - shape)).toBeLessThan(0.01) // observed at most 3e-3
    expect(Math.abs(tail.scale / scale - 1)).toBeLessThan(0.01) // observed at most 2e-3
  })

  test('does not depend on the order', () => {
    const sample = quantiles(0.1, 1, 100)
    expect(fitParetoTail(sample.toReversed())).toEqual(fitParetoTail(sample))
  })

  test('refuses too few exceedances', () => {
    expect(() => fitParetoTail([1, 2, 3])).toThrow(/at least 30 exceedances, got 3/)
  })

  test('refuses equal exceedances', () => {
    expect(() => fitParetoTail(new Float64Array(50).fill(0.1))).toThrow(/equal/)
    expect(() => fitParetoTail(new Float64Array(50))).toThrow(/equal/)
  })
})

describe('wilsonInterval', () => {
  test('agrees with the published example of 10 in 100', () => {
    const interval = wilsonInterval(10, 100)
    expect(interval.lower).toBeCloseTo(0.0552, 4)
    expect(interval.upper).toBeCloseTo(0.1744, 4)
  })

  test('stays between 0 and 1', () => {
    expect(wilsonInterval(0, 30).lower).toBeCloseTo(0, 12)
    expect(wilsonInterval(30, 30).upper).toBeCloseTo(1, 12)
    expect(wilsonInterval(0, 0)).toEqual({ lower: 0, upper: 1 })
  })
})
