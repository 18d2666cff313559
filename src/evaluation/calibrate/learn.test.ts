import { describe, expect, it } from 'vitest'
import { dotProduct } from '../../core/similarity.ts'
import { createRandom } from '../../platform/random.ts'
import { clusterDirections } from './clusters.ts'
import { findDamageSpace } from './damage-space.ts'
import { decomposeSymmetric, dot, solvePositive } from './linear-algebra.ts'
import { fitLogistic, scoreLogistic } from './logistic.ts'

const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

describe('clusterDirections', () => {
  const dimension = 16
  const axis = (i: number) => Float32Array.from({ length: dimension }, (_, d) => (d === i ? 1 : 0))

  function around(centre: Float32Array, random: () => number): Float32Array {
    const noisy = centre.map((value) => value + 0.05 * gaussian(random))
    const length = Math.hypot(...noisy)
    return noisy.map((value) => value / length)
  }

  it('finds the directions that vectors lie around', () => {
    const random = createRandom(3)
    const centres = [axis(0), axis(5), axis(9)]
    const vectors = centres.flatMap((centre) =>
      Array.from({ length: 30 }, () => around(centre, random)),
    )
    const { directions, assigned } = clusterDirections(vectors, { count: 6, random })
    for (const centre of centres) {
      const nearest = Math.max(...directions.map((each) => dotProduct(each, centre)))
      // Observed 0.995, bound 0.97.
      expect(nearest).toBeGreaterThan(0.97)
    }
    for (const [i, cluster] of assigned.entries()) {
      expect(dotProduct(directions[cluster]!, vectors[i]!)).toBeGreaterThan(0.9)
    }
  })

  it('gives the same clusters for the same seed', () => {
    const vectors = Array.from({ length: 40 }, (_, i) => around(axis(i % 7), createRandom(i)))
    const first = clusterDirections(vectors, { count: 5, random: createRandom(1) })
    const second = clusterDirections(vectors, { count: 5, random: createRandom(1) })
    expect(second).toEqual(first)
  })

  it('works with fewer vectors than clusters', () => {
    const { directions } = clusterDirections([axis(0), axis(1)], { count: 9, random: Math.random })
    expect(directions).toHaveLength(2)
  })
})

describe('fitLogistic', () => {
  it('finds the weights that made the examples, in the unit of the features', () => {
    const random = createRandom(5)
    const examples = Array.from({ length: 20_000 }, () => {
      const features = [3 + 0.5 * gaussian(random), 40 * gaussian(random)]
      const logOdds = 2 * (features[0]! - 3) - 0.05 * features[1]!
      return { features, isPositive: random() < 1 / (1 + Math.exp(-logOdds)) }
    })
    const { intercept, weights } = fitLogistic(examples)
    // Observed 2.01, -0.0503 and -6.03.
    expect(Math.abs(weights[0]! - 2)).toBeLessThan(0.2)
    expect(Math.abs(weights[1]! + 0.05)).toBeLessThan(0.005)
    expect(Math.abs(intercept + 6)).toBeLessThan(0.6)
  })

  it('stays finite where a feature tells the classes apart, and ranks by it', () => {
    const examples = Array.from({ length: 100 }, (_, i) => ({
      features: [i, 6.9067447],
      isPositive: i >= 60,
    }))
    const model = fitLogistic(examples)
    expect(model.weights.every(Number.isFinite)).toBe(true)
    // A constant tells nothing, however its mean is rounded.
    expect(model.weights[1]).toBe(0)
    expect(scoreLogistic(model, [70, 6.9067447])).toBeGreaterThan(
      scoreLogistic(model, [50, 6.9067447]),
    )
  })
})

describe('linear algebra', () => {
  const random = createRandom(11)
  const size = 24
  const factors = Array.from({ length: size + 6 }, () =>
    Float64Array.from({ length: size }, () => gaussian(random)),
  )
  /** Symmetric and positive definite. */
  const matrix = Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (__, j) =>
      factors.reduce((sum, row) => sum + row[i]! * row[j]!, 0),
    ),
  )

  it('solves a positive definite system', () => {
    const expected = factors.slice(0, 3)
    const rights = expected.map((x) => Float64Array.from(matrix, (row) => dot(row, x)))
    for (const [i, solution] of solvePositive(matrix, rights).entries()) {
      const errors = solution.map((value, d) => Math.abs(value - expected[i]![d]!))
      // Observed 2e-12, bound 1e-8.
      expect(Math.max(...errors)).toBeLessThan(1e-8)
    }
  })

  it('finds eigenvectors, the largest value first', () => {
    const { values, vectors } = decomposeSymmetric(matrix)
    expect([...values].sort((a, b) => b - a)).toEqual(values)
    for (const [i, vector] of vectors.entries()) {
      const errors = matrix.map((row, d) => Math.abs(dot(row, vector) - values[i]! * vector[d]!))
      // Observed 1e-13, bound 1e-9.
      expect(Math.max(...errors)).toBeLessThan(1e-9)
    }
  })
})

/** The mean of some rows. */
function meanOf(rows: readonly Float64Array[]): Float64Array {
  return rows[0]!.map((_, d) => rows.reduce((sum, row) => sum + row[d]!, 0) / rows.length)
}

describe('findDamageSpace', () => {
  it('prefers a direction in which people do not differ', () => {
    const random = createRandom(4)
    const dimension = 12
    // People differ along the first axes; two kinds of damage move faces along axis 3 and 9.
    const person = () =>
      Float64Array.from({ length: dimension }, (_, d) => gaussian(random) * (d < 6 ? 1 : 0.1))
    const clean = Array.from({ length: 600 }, person)
    const moved = (axis: number) =>
      Float64Array.from({ length: dimension }, (_, d) => (d === axis ? 1 : 0))
    const kindMeans = [moved(3), moved(9)]
    const { axes, points, displacements } = findDamageSpace(
      { kindMeans, clean, residuals: clean },
      1,
    )
    expect([axes.length, points.length]).toEqual([1, 2])
    // Observed 0.999, bound 0.95.
    const [axis] = axes as [Float64Array]
    expect(Math.abs(axis[9]!) / Math.sqrt(dot(axis, axis))).toBeGreaterThan(0.95)
    // Far away in units of how much faces of one kind differ: as the axis tells.
    expect(Math.abs(points[1]![0]!)).toBeGreaterThan(1.2)
    expect(points[1]![0]).toBeCloseTo(dot(axis, moved(9)) - dot(axis, meanOf(clean)), 6)
    expect(displacements[1]).toHaveLength(1)
  })

  it('tells how far kinds of damage move embeddings, and how alike two of them do', () => {
    const random = createRandom(5)
    const row = () => Float64Array.from({ length: 6 }, () => gaussian(random))
    const clean = Array.from({ length: 50 }, row)
    const kindMeans = [row(), row(), row()]
    const mean = meanOf(clean)
    const shifts = kindMeans.map((kind) => kind.map((value, d) => value - mean[d]!))
    const { displacements } = findDamageSpace({ kindMeans, clean, residuals: clean }, 3)
    for (const [i, first] of displacements.entries()) {
      for (const [j, second] of displacements.entries()) {
        expect(dot(first, second)).toBeCloseTo(dot(shifts[i]!, shifts[j]!), 9)
      }
    }
  })
})
