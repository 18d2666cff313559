import { describe, expect, it } from 'vitest'
import { plainCurve as curve } from '../../test/helpers/curve.ts'
import { computeMergeRate, countPairs, leastMergeSimilarity } from './merge-rule.ts'

describe('computeMergeRate', () => {
  it('grows with the comparisons that there were, up to 1', () => {
    const one = computeMergeRate(curve, 0.4, [1, 1])
    expect(one).toBeCloseTo(1e-4, 6)
    expect(computeMergeRate(curve, 0.4, [2, 5])).toBeCloseTo(10 * one, 6)
    expect(computeMergeRate(curve, 0.1, [100, 100])).toBe(1)
  })
})

describe('leastMergeSimilarity', () => {
  it('rises with the pairs of the gallery', () => {
    const of = (persons: number) => leastMergeSimilarity(curve, { persons, maxWrong: 3 })
    expect(countPairs(300)).toBe(44_850)
    // 3 / 44,850 is 6.7e-5.
    expect(of(300)).toBeGreaterThan(0.4)
    expect(of(3000)).toBeGreaterThan(of(300))
  })

  it('is that of a possible match in a small gallery', () => {
    for (const persons of [0, 1, 2, 3, 20]) {
      expect(leastMergeSimilarity(curve, { persons, maxWrong: 3 })).toBeCloseTo(0.3, 6)
    }
  })
})
