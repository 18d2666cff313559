import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  applySimilarity,
  estimateSimilarity,
  invertSimilarity,
  type SimilarityTransform,
} from './alignment.ts'
import { isFaceError } from './errors.ts'
import type { Point } from './types.ts'

const number = fc.double({ min: -500, max: 500, noNaN: true })
const point = fc.record({ x: number, y: number })
const transform = fc
  .record({
    scale: fc.double({ min: 0.05, max: 20, noNaN: true }),
    angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    tx: number,
    ty: number,
  })
  .map(({ scale, angle, tx, ty }): SimilarityTransform => {
    const a = scale * Math.cos(angle)
    const b = scale * Math.sin(angle)
    return [a, -b, tx, b, a, ty]
  })
const spread = (points: readonly Point[]): number =>
  Math.max(...points.map((p) => Math.hypot(p.x - points[0]!.x, p.y - points[0]!.y)))
const points = fc.array(point, { minLength: 2, maxLength: 7 }).filter((all) => spread(all) > 1)

const expectDegenerate = (from: readonly Point[], to: readonly Point[]): void => {
  let thrown: unknown
  try {
    estimateSimilarity(from, to)
  } catch (error) {
    thrown = error
  }
  expect(isFaceError(thrown, 'degenerateLandmarks')).toBe(true)
}

describe('estimateSimilarity', () => {
  it('recovers the transform that made the points', () => {
    fc.assert(
      fc.property(points, transform, (from, made) => {
        const found = estimateSimilarity(
          from,
          from.map((p) => applySimilarity(made, p)),
        )
        // Observed below 1e-8 with coordinates up to 10,000; bound 1e-6.
        for (const p of from) {
          const expected = applySimilarity(made, p)
          const actual = applySimilarity(found, p)
          expect(Math.hypot(expected.x - actual.x, expected.y - actual.y)).toBeLessThan(1e-6)
        }
      }),
    )
  })

  it('is no worse than a disturbed transform', () => {
    const error = (t: SimilarityTransform, from: readonly Point[], to: readonly Point[]): number =>
      from.reduce((sum, p, i) => {
        const q = applySimilarity(t, p)
        return sum + (q.x - to[i]!.x) ** 2 + (q.y - to[i]!.y) ** 2
      }, 0)
    // Targets are transformed points, each moved by up to a tenth of their spread: far from an exact
    // fit, and never so far that no similarity fits at all (two equal targets have no scale).
    const shift = fc.double({ min: -0.1, max: 0.1, noNaN: true })
    const shifts = fc.array(fc.tuple(shift, shift), { minLength: 7, maxLength: 7 })
    fc.assert(
      fc.property(points, transform, shifts, (from, made, moves) => {
        const size = Math.hypot(made[0], made[1]) * spread(from)
        const to = from.map((p, i) => {
          const target = applySimilarity(made, p)
          const [dx, dy] = moves[i]!
          return { x: target.x + dx * size, y: target.y + dy * size }
        })
        const best = estimateSimilarity(from, to)
        const [a, b, tx, , , ty] = best
        const other: SimilarityTransform = [a + 0.01, b, tx - 0.1, -b, a + 0.01, ty]
        const bound = error(other, from, to) * (1 + 1e-9) + 1e-6
        expect(error(best, from, to)).toBeLessThanOrEqual(bound)
      }),
    )
  })

  it('refuses points that coincide, are not finite or map to one point', () => {
    const line = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ]
    const same = [
      { x: 3, y: 3 },
      { x: 3, y: 3 },
    ]
    expectDegenerate(same, line)
    expectDegenerate(line, same)
    expectDegenerate([{ x: Number.NaN, y: 0 }, line[1]!], line)
    expectDegenerate(line, [{ x: Number.POSITIVE_INFINITY, y: 0 }, line[1]!])
  })

  it('refuses fewer targets than points', () => {
    const two = [
      { x: 0, y: 0 },
      { x: 1, y: 0 },
    ]
    expect(() => estimateSimilarity(two, two.slice(1))).toThrow(RangeError)
  })
})

describe('a similarity transform', () => {
  it('is undone by its inverse', () => {
    fc.assert(
      fc.property(transform, point, (t, p) => {
        const back = applySimilarity(invertSimilarity(t), applySimilarity(t, p))
        // Observed 2e-10, bound 1e-6.
        expect(Math.hypot(back.x - p.x, back.y - p.y)).toBeLessThan(1e-6)
      }),
    )
  })
})
