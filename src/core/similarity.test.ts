import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFaceError } from './errors.ts'
import { cosineSimilarity, dotProduct, normalizeInPlace, parseEmbedding } from './similarity.ts'

const value = fc.float({ min: -100, max: 100, noNaN: true })
const vector = fc
  .array(value, { minLength: 8, maxLength: 8 })
  .filter((values) => values.some((v) => Math.abs(v) > 1e-3))
  .map((values) => Float32Array.from(values))

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action()
  } catch (error) {
    return isFaceError(error) ? error.code : 'other'
  }
  return undefined
}

describe('similarity', () => {
  it('is 1 with itself, symmetric and between -1 and 1', () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        expect(cosineSimilarity(a, a)).toBeCloseTo(1, 6)
        expect(cosineSimilarity(a, b)).toBe(cosineSimilarity(b, a))
        expect(Math.abs(cosineSimilarity(a, b))).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('of unit vectors is their inner product', () => {
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const expected = cosineSimilarity(a, b)
        normalizeInPlace(a)
        normalizeInPlace(b)
        // Observed 1e-7, bound 1e-6.
        expect(Math.abs(dotProduct(a, b) - expected)).toBeLessThan(1e-6)
        expect(Math.abs(dotProduct(a, a) - 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('refuses vectors of different lengths', () => {
    const action = () => dotProduct(new Float32Array(2), new Float32Array(3))
    expect(codeOf(action)).toBe('dimensionMismatch')
  })
})

describe('parseEmbedding', () => {
  it('answers a unit vector of the same direction', () => {
    const embedding = parseEmbedding([3, 0, 4], 3)
    expect([...embedding].map((v) => Number(v.toFixed(6)))).toEqual([0.6, 0, 0.8])
  })

  it('refuses a wrong dimension, values that are not finite, and zero', () => {
    expect(codeOf(() => parseEmbedding([1, 2], 3))).toBe('dimensionMismatch')
    expect(codeOf(() => parseEmbedding([1, Number.NaN, 0], 3))).toBe('invalidEmbedding')
    expect(codeOf(() => parseEmbedding([1, Number.POSITIVE_INFINITY, 0], 3))).toBe(
      'invalidEmbedding',
    )
    expect(codeOf(() => parseEmbedding([0, 0, 0], 3))).toBe('invalidEmbedding')
  })
})
