import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import { similarityAtFmr } from './fmr.ts'
import { computeProbeShift, restRanks } from './probe-shift.ts'

const curve = makeCurve(
  [
    [0, 0.5, 1],
    [0.2, 0.02, 1],
    [0.5, 1e-5, 0.95],
  ],
  { threshold: 0.4, rate: 1e-4, shape: 0, scale: 0.04 },
)

/** What the curve expects of the rest: rank 1 is the best candidate. */
function expectedRest(faces: number): number[] {
  return Array.from({ length: restRanks(faces) }, (_, i) => {
    const share = (i + 1.5) / (faces + 1)
    return share <= 0.5
      ? similarityAtFmr(curve, share).value
      : -similarityAtFmr(curve, 1 - share).value
  })
}

describe('restRanks', () => {
  test.each([
    [0, 0],
    [4, 4],
    [30, 10],
    [600, 30],
    [1_000_000, 50],
  ])('of %d faces takes %d', (faces, ranks) => {
    expect(restRanks(faces)).toBe(ranks)
  })
})

describe('computeProbeShift', () => {
  test.each([1, 9, 30, 999, 100_000])(
    'is 0 when the rest is as the curve expects (%d)',
    (faces) => {
      const rest = { similarities: expectedRest(faces), faces }
      expect(computeProbeShift(curve, rest)).toBeCloseTo(0, 9)
    },
  )

  test('is what the rest exceeds the curve by', () => {
    const similarities = expectedRest(500).map((similarity) => similarity + 0.07)
    expect(computeProbeShift(curve, { similarities, faces: 500 })).toBeCloseTo(0.07, 9)
    expect(computeProbeShift(curve, { similarities, faces: 500 }, 'strict')).toBeCloseTo(0.0875, 9)
    expect(computeProbeShift(curve, { similarities, faces: 500 }, 'off')).toBe(0)
  })

  test('never lowers a threshold', () => {
    const similarity = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(similarity, { maxLength: 60 }), fc.nat(100_000), (values, more) => {
        const similarities = values.sort((a, b) => b - a)
        const rest = { similarities, faces: values.length + more }
        expect(computeProbeShift(curve, rest)).toBeGreaterThanOrEqual(0)
      }),
    )
  })

  test('counts in proportion where there are fewer than ten to compare with', () => {
    const similarities = expectedRest(4).map((similarity) => similarity + 0.1)
    expect(computeProbeShift(curve, { similarities, faces: 4 })).toBeCloseTo(0.04, 9)
  })

  test('is 0 without a rest', () => {
    expect(computeProbeShift(curve, { similarities: [], faces: 0 })).toBe(0)
  })

  test('takes the middle of the curve where its two halves do not meet', () => {
    const gap = { ...curve, points: [{ ...curve.points[0]!, fmr: 0.46 }, ...curve.points.slice(1)] }
    // Rank 1.5 of 3 is the middle; the curve knows its upper 46 % and, mirrored, its lower 46 %.
    expect(computeProbeShift(gap, { similarities: [0.3], faces: 2 })).toBeCloseTo(0.3 / 10, 9)
  })

  test('leaves out ranks that a curve without a middle says nothing about', () => {
    const high = { ...curve, points: curve.points.slice(1) }
    expect(computeProbeShift(high, { similarities: [0.9], faces: 1 })).toBe(0)
    const excess = 0.9 - similarityAtFmr(high, 1.5 / 101).value
    expect(computeProbeShift(high, { similarities: [0.9], faces: 100 })).toBeCloseTo(excess / 10, 9)
  })
})
