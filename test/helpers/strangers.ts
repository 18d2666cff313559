import { normalizeInPlace } from '../../src/core/similarity.ts'
import { createRandom } from '../../src/platform/random.ts'
import { makeCurve } from './curve.ts'

/** Strangers link at a similarity of about 0.5 to the nearest face, and 0.4 on average. */
export const strangerCurve = makeCurve(
  [
    [0.1, 0.1, 1],
    [0.3, 1e-3, 0.99],
    [0.4, 3e-5, 0.95],
    [0.5, 3e-6, 0.9],
  ],
  { threshold: 0.4, rate: 3e-5, shape: 0, scale: 0.04 },
  100_000_000,
)

/** A unit vector in the direction of the values. */
export function toUnit(values: ArrayLike<number>): Float32Array {
  const vector = Float32Array.from(values)
  normalizeInPlace(vector)
  return vector
}

/** Photographs of made-up persons, one after another, in a random order that a seed repeats. */
export function makeSightings({
  count,
  persons,
  dimension,
  noise,
  seed,
}: {
  readonly count: number
  readonly persons: number
  readonly dimension: number
  /** Length of what differs between two photographs of one person, whose direction has length 1. */
  readonly noise: number
  readonly seed: number
}): readonly { readonly id: string; readonly person: number; readonly embedding: Float32Array }[] {
  const random = createRandom(seed)
  const draw = (): Float32Array => toUnit(Array.from({ length: dimension }, () => gauss(random)))
  const centres = Array.from({ length: persons }, draw)
  return Array.from({ length: count }, (_, i) => {
    const person = Math.floor(random() * persons)
    const centre = centres[person] as Float32Array
    const away = draw()
    const embedding = toUnit(centre.map((value, d) => value + noise * (away[d] as number)))
    return { id: `sighting-${i}`, person, embedding }
  })
}

/** Ids of one length, each larger than the one before. */
export function countIds(prefix = ''): () => string {
  let last = 0
  return () => `${prefix}${String(++last).padStart(8, '0')}`
}

/** A normal variate by the method of Box and Muller. */
function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
