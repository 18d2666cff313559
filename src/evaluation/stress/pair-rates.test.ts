import { describe, expect, test } from 'vitest'
import { createGateDecider, type StressDecider } from './decider.ts'
import { countAgainst, countWithin, type JudgedRows, toRate } from './pair-rates.ts'
import { computeSimilarities, toRows } from './similarities.ts'

const angle = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))

/** Four faces at 0, 10, 20 and 90 degrees of each other. */
const degrees = [0, 10, 20, 90]

function createRows(
  refused: Partial<Record<'comparable' | 'enrollable', number[]>> = {},
): JudgedRows {
  return {
    ...toRows(degrees.map(angle), 2),
    comparable: degrees.map((_, i) => !refused.comparable?.includes(i)),
    enrollable: degrees.map((_, i) => !refused.enrollable?.includes(i)),
  }
}

const decider = createGateDecider()
/** The similarity of two faces 15 degrees apart. */
const base = Math.cos((15 * Math.PI) / 180)

describe('computeSimilarities', () => {
  test('gives the cosines of all rows, whatever their number', () => {
    for (const count of [1, 3, 4, 5, 9]) {
      const rows = toRows(
        Array.from({ length: count }, (_, i) => angle(10 * i)),
        2,
      )
      const similarities = computeSimilarities(rows, rows)
      expect(similarities.length).toBe(count * count)
      for (let i = 0; i < count; i++) {
        for (let j = 0; j < count; j++) {
          const expected = Math.cos((10 * Math.abs(i - j) * Math.PI) / 180)
          expect(similarities[i * count + j]).toBeCloseTo(expected, 6)
        }
      }
    }
  })
})

describe('countWithin', () => {
  test('counts pairs at the threshold', () => {
    const rates = countWithin(createRows(), base, decider)
    expect(rates.plain).toMatchObject({ count: 2, of: 6 })
    expect(rates.decided).toEqual(rates.plain)
  })

  test('leaves refused faces out of what is decided, not out of the plain rate', () => {
    const rates = countWithin(createRows({ comparable: [1], enrollable: [1, 2] }), base, decider)
    expect(rates.plain).toMatchObject({ count: 2, of: 6 })
    expect(rates.decided).toMatchObject({ count: 0, of: 3 })
    expect(rates.enrollable).toMatchObject({ count: 0, of: 1 })
  })

  test('asks the decider for the threshold of a pair', () => {
    const raised: StressDecider = {
      ...decider,
      pairThreshold: (from, a, b) => (a[0] === 1 || b[0] === 1 ? 1.1 : from),
    }
    const rates = countWithin(createRows(), base, raised)
    expect(rates.plain.count).toBe(2)
    expect(rates.decided).toMatchObject({ count: 1, of: 6 })
  })
})

describe('countAgainst', () => {
  test('compares every damaged face with every clean one that is not refused', () => {
    const damaged = createRows({ comparable: [3] })
    const clean = createRows({ comparable: [0] })
    const similarities = computeSimilarities(damaged, clean)
    const rates = countAgainst({ damaged, clean, similarities }, base, decider)
    // 0-1, 1-1, 1-2, 2-1, 2-2, and 3-3, whose damaged face is refused.
    expect(rates.plain).toMatchObject({ count: 6, of: 12 })
    expect(rates.decided).toMatchObject({ count: 5, of: 9 })
  })
})

test('a rate of nothing is 0 with an interval that says nothing', () => {
  expect(toRate(0, 0)).toEqual({ count: 0, of: 0, rate: 0, interval: { lower: 0, upper: 1 } })
})
