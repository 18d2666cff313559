import { describe, expect, it } from 'vitest'
import { dotProduct } from '../../core/similarity.ts'
import { createRandom } from '../random.ts'
import { clusterDirections } from './clusters.ts'
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
      features: [i, 7],
      isPositive: i >= 60,
    }))
    const model = fitLogistic(examples)
    expect(model.weights.every(Number.isFinite)).toBe(true)
    expect(scoreLogistic(model, [70, 7])).toBeGreaterThan(scoreLogistic(model, [50, 7]))
  })
})
