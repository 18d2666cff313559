import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRandom } from '../platform/random.ts'
import { createRotation, type Rotation } from './rotation.ts'

function makeRotation(dimension: number, seed: number): Rotation {
  return createRotation(dimension, createNormal(seed))
}

/** Draws of the standard normal distribution, by Box and Muller. */
function createNormal(seed: number): () => number {
  const random = createRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

function makeVectors(count: number, dimension: number, seed: number): Float32Array {
  const normal = createNormal(seed)
  return Float32Array.from({ length: count * dimension }, () => normal() / Math.sqrt(dimension))
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] as number), 0)
}

it('keeps similarities and is taken back, in every dimension', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (dimension, seed) => {
      const rotation = makeRotation(dimension, seed)
      const vectors = makeVectors(2, dimension, seed + 1)
      const rotated = rotation.rotate(vectors)
      const split = (both: Float32Array) =>
        [both.subarray(0, dimension), both.subarray(dimension)] as const
      // observed 2e-7, bound 1e-5
      expect(Math.abs(dot(...split(rotated)) - dot(...split(vectors)))).toBeLessThan(1e-5)
      const back = rotation.rotateBack(rotated)
      expect(Math.max(...back.map((x, i) => Math.abs(x - (vectors[i] as number))))).toBeLessThan(
        1e-5,
      )
    }),
  )
})

it('carries a vector anywhere: the images of one axis have no direction in common', () => {
  const dimension = 16
  const axis = Float32Array.from({ length: dimension }, (_, i) => (i === 3 ? 1 : 0))
  const count = 2000
  const mean = new Float64Array(dimension)
  const square = new Float64Array(dimension)
  for (let seed = 0; seed < count; seed++) {
    for (const [i, x] of makeRotation(dimension, seed).rotate(axis).entries()) {
      mean[i] = (mean[i] as number) + x / count
      square[i] = (square[i] as number) + (x * x) / count
    }
  }
  // Of unit vectors in random directions each coordinate has mean 0 and mean square 1 / dimension,
  // here within four standard errors: 0.25 / sqrt(2000) and about 0.083 / sqrt(2000).
  for (const x of mean) expect(Math.abs(x)).toBeLessThan(0.0224)
  for (const x of square) expect(Math.abs(x - 1 / dimension)).toBeLessThan(0.0074)
})

it('differs by its deviates, and is the same for the same ones', () => {
  const vectors = makeVectors(1, 64, 1)
  const rotated = makeRotation(64, 2).rotate(vectors)
  expect(makeRotation(64, 2).rotate(vectors)).toEqual(rotated)
  expect(Math.abs(dot(makeRotation(64, 3).rotate(vectors), rotated))).toBeLessThan(0.5)
})

it('is a rotation even where the deviates are nothing', () => {
  const rotation = createRotation(3, () => 0)
  const vectors = Float32Array.of(1, 2, 3, 4, 5, 6)
  expect(rotation.rotateBack(rotation.rotate(vectors))).toEqual(vectors)
})

it('takes whole rows only', () => {
  expect(() => makeRotation(3, 1).rotate(new Float32Array(4))).toThrow(RangeError)
})
