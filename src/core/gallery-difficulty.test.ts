import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import { fmrAtSimilarity, invertCurve, similarityAtFmr } from './fmr.ts'
import { computeGalleryDifficulty, expectedFpir, minDifficultyPairs } from './gallery-difficulty.ts'
import { computeThresholds, defaultPolicy } from './policy.ts'

const curve = makeCurve(
  [
    [0, 0.5, 1],
    [0.2, 0.02, 1],
    [0.5, 1e-5, 0.95],
  ],
  { threshold: 0.5, rate: 1e-5, shape: 0, scale: 0.04 },
)

/** Pairs exactly as the curve says, in mixed order, `by` higher. */
function pairsOf(count: number, by = 0): Float32Array {
  const inverse = invertCurve(curve)
  return Float32Array.from({ length: count }, (_, i) => {
    const rank = (i * 7919) % count
    return inverse((rank + 0.5) / count).value + by
  })
}

describe('computeGalleryDifficulty', () => {
  test('finds a gallery as hard as the curve where its pairs are as the curve says', () => {
    const difficulty = computeGalleryDifficulty(curve, pairsOf(100_000))
    expect(difficulty).toMatchObject({ pairs: 100_000, rate: 1e-3, falseMatches: 100, times: 1 })
    // observed 1.7e-4: the 100th of 100 lies half a rank above the threshold; bound 1e-3
    expect(difficulty?.shift).toBeLessThan(1e-3)
  })

  test('finds by how much the pairs are more alike', () => {
    const difficulty = computeGalleryDifficulty(curve, pairsOf(100_000, 0.08))
    expect(difficulty?.shift).toBeCloseTo(0.08, 3)
    const expected = fmrAtSimilarity(curve, similarityAtFmr(curve, 1e-3).value - 0.08).value / 1e-3
    expect(difficulty?.times).toBeCloseTo(expected, 1)
  })

  test('never lowers a threshold, and says how much easier the gallery is', () => {
    const difficulty = computeGalleryDifficulty(curve, pairsOf(100_000, -0.05))
    expect(difficulty?.shift).toBe(0)
    expect(difficulty?.times).toBeLessThan(0.5)
  })

  test('compares at a larger rate where fewer pairs support the small one', () => {
    expect(computeGalleryDifficulty(curve, pairsOf(5000, 0.08))).toMatchObject({ rate: 0.006 })
    expect(computeGalleryDifficulty(curve, pairsOf(5000, 0.08))?.shift).toBeCloseTo(0.08, 2)
  })

  test('says nothing about too few pairs', () => {
    expect(minDifficultyPairs).toBe(3000)
    expect(computeGalleryDifficulty(curve, pairsOf(2999))).toBeUndefined()
    expect(computeGalleryDifficulty(curve, pairsOf(3000))).toMatchObject({ rate: 0.01 })
  })

  test('grows with how alike the pairs are', () => {
    const by = fc.double({ min: -0.3, max: 0.3, noNaN: true })
    fc.assert(
      fc.property(by, by, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((shift) =>
          computeGalleryDifficulty(curve, pairsOf(3000, shift)),
        )
        expect(high!.shift).toBeGreaterThanOrEqual(low!.shift)
        expect(high!.times).toBeGreaterThanOrEqual(low!.times)
      }),
      { numRuns: 10 },
    )
  })
})

describe('expectedFpir', () => {
  test('is what the policy promises in a gallery as the curve says', () => {
    const { match } = computeThresholds(defaultPolicy, curve, 1000)
    expect(expectedFpir(curve, { match, gallerySize: 1000 }, { shift: 0 })).toBeCloseTo(0.01, 6)
  })

  test('rises with the shift, to all strangers at most', () => {
    const { match } = computeThresholds(defaultPolicy, curve, 1000)
    const search = { match, gallerySize: 1000 }
    expect(expectedFpir(curve, search, { shift: 0.08 })).toBeGreaterThan(0.05)
    expect(expectedFpir(curve, search, { shift: 1.9 })).toBe(1)
  })
})
