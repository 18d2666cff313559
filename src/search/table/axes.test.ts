import { describe, expect, it } from 'vitest'
import { computeAxesInPlace, computeMoments } from './axes.ts'

function row(axes: Float32Array, i: number, size: number): Float32Array {
  return axes.subarray(i * size, (i + 1) * size)
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)
}

describe('computeMoments', () => {
  it('is the mean of the outer products', () => {
    const moments = computeMoments(Float32Array.of(1, 2, 3, -4), 2)
    expect([...moments]).toEqual([5, -5, -5, 10])
  })
})

describe('computeAxesInPlace', () => {
  it('finds the known eigenvectors, the largest eigenvalue first', () => {
    const axes = computeAxesInPlace(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 2.5), 3)
    const half = Math.SQRT1_2
    for (const [i, known] of [
      [half, half, 0],
      [0, 0, 1],
      [half, -half, 0],
    ].entries()) {
      // observed 1, bound 1 - 1e-6
      expect(Math.abs(dot(row(axes, i, 3), known))).toBeGreaterThan(1 - 1e-6)
    }
  })

  it('diagonalises the moments of random vectors that fill few dimensions', () => {
    const size = 40
    const vectors = new Float32Array(12 * size).map((_, i) => Math.sin(i * i + 1))
    const moments = computeMoments(vectors, size)
    const axes = computeAxesInPlace(moments.slice(), size)
    const energies = Array.from({ length: size }, (_, i) => {
      const axis = row(axes, i, size)
      return dot(
        Array.from({ length: size }, (_, j) =>
          dot(moments.subarray(j * size, (j + 1) * size), axis),
        ),
        axis,
      )
    })
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        const cosine = dot(row(axes, i, size), row(axes, j, size))
        expect(Math.abs(cosine - Number(i === j))).toBeLessThan(2e-4)
      }
      if (i > 0) expect(energies[i]!).toBeLessThanOrEqual(energies[i - 1]! + 1e-6)
    }
    // Twelve vectors have all their energy in twelve dimensions.
    expect(Math.abs(energies[12]!)).toBeLessThan(1e-6)
  })

  it('gives some axes for vectors that are all zero', () => {
    const axes = computeAxesInPlace(new Float64Array(9), 3)
    expect([...axes].map(Math.abs).sort()).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1])
  })
})
