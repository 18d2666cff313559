import { describe, expect, test } from 'vitest'
import { strangerCurve } from '../../../test/helpers/strangers.ts'
import { fmrAtSimilarity, similarityAtFmr } from '../fmr.ts'
import { createLinkRule, maxLinkFmr } from './link-rule.ts'

const thresholdsAmong = createLinkRule(strangerCurve)

describe('createLinkRule', () => {
  test.each([0, 1, 1000])('has a limit for few strangers (%d)', (strangers) => {
    expect(thresholdsAmong(strangers)).toEqual({
      nearest: similarityAtFmr(strangerCurve, maxLinkFmr).value,
      mean: similarityAtFmr(strangerCurve, 10 * maxLinkFmr).value,
    })
  })

  test('lets one new person in 200 fall to somebody else, however many there are', () => {
    const { nearest } = thresholdsAmong(20_000)
    const fmr = fmrAtSimilarity(strangerCurve, nearest).value
    expect(1 - (1 - fmr) ** 20_000).toBeCloseTo(0.005, 9)
  })

  test('never becomes more lenient as strangers come', () => {
    let last = thresholdsAmong(0)
    for (let strangers = 1; strangers < 100_000; strangers = Math.ceil(strangers * 1.3)) {
      const thresholds = thresholdsAmong(strangers)
      expect(thresholds.nearest).toBeGreaterThanOrEqual(last.nearest)
      expect(thresholds.mean).toBeGreaterThanOrEqual(last.mean)
      expect(thresholds.mean).toBeLessThan(thresholds.nearest)
      last = thresholds
    }
  })
})
