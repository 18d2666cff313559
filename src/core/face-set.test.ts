import { describe, expect, it } from 'vitest'
import { chooseRedundant, computeStandings } from './face-set.ts'

const unit = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))
const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180)

describe('computeStandings', () => {
  it('compares each face with the nearest and the mean of the others', () => {
    const [a, b, far] = computeStandings([unit(0), unit(10), unit(90)])
    expect(a).toMatchObject({ nearest: 1, toNearest: expect.closeTo(cosine(10), 6) })
    expect(b?.nearest).toBe(0)
    // The mean of 0 and 10 degrees lies at 5.
    expect(far?.toMean).toBeCloseTo(cosine(85), 6)
    expect(far?.toNearest).toBeCloseTo(cosine(80), 6)
  })

  it('has nothing to say of no face', () => {
    expect(computeStandings([])).toEqual([])
  })

  it('is 0 to a mean that cancels out', () => {
    expect(computeStandings([unit(90), unit(0), unit(180)])[0]?.toMean).toBe(0)
  })
})

describe('chooseRedundant', () => {
  it('takes faces that are most like another one, of the two the more usual one', () => {
    const rows = [unit(0), unit(1), unit(40), unit(80)]
    expect(chooseRedundant(rows, 3)).toEqual([1])
    expect(chooseRedundant(rows, 2)).toEqual([1, 2])
    expect(chooseRedundant(rows, 4)).toEqual([])
    expect(chooseRedundant(rows, 9)).toEqual([])
    expect(chooseRedundant(rows, 1)).toHaveLength(3)
    expect(chooseRedundant(rows, 2, new Set([1]))).not.toContain(1)
    expect(chooseRedundant(rows, 1, new Set([0, 1, 2]))).toEqual([3])
  })
})
