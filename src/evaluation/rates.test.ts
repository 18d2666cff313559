import { describe, expect, test } from 'vitest'
import { createRates } from './fmr.ts'
import { binCount, binsPerUnit } from './pair-statistics.ts'

const binOf = (similarity: number): number => (similarity + 1) * binsPerUnit

describe('createRates', () => {
  const nonMated = new Float64Array(binCount)
  nonMated[binOf(0)] = 900
  nonMated[binOf(0.25)] = 90
  nonMated[binOf(0.5)] = 10
  const mated = Float32Array.from([0.25, 0.5, 0.75])
  const rates = createRates({ nonMated, mated, top: new Float32Array() }, 1)

  test('counts a similarity equal to the threshold as a match', () => {
    expect(rates.at(binOf(0.5))).toMatchObject({ falseMatches: 10, fmr: 0.01, tmr: 0.5 })
  })

  test('counts mated pairs of failed images as non-matches at every threshold', () => {
    expect(rates.matedPairs).toBe(4)
    expect(rates.at(0)).toMatchObject({ fmr: 1, tmr: 0.75 })
  })

  test('finds the lowest threshold that keeps a rate', () => {
    expect(rates.firstBinAtMost(0.01)).toBe(binOf(0.25) + 1)
    expect(rates.at(rates.firstBinAtMost(0)).falseMatches).toBe(0)
  })

  test('finds the highest threshold with a count', () => {
    expect(rates.lastBinWith(10)).toBe(binOf(0.5))
    expect(rates.lastBinWith(11)).toBe(binOf(0.25))
    expect(rates.lastBinWith(1001)).toBe(-1)
  })

  test('gives the interval of each rate', () => {
    const { fmrInterval } = rates.at(binOf(0.5))
    expect(fmrInterval.lower).toBeGreaterThan(0.005)
    expect(fmrInterval.upper).toBeLessThan(0.0185)
  })
})
