import { describe, expect, it } from 'vitest'
import { computeAsymmetry } from './asymmetry.ts'

const size = 112

/** Luma of a made-up face: waves in both directions, so that no axis is one of symmetry by itself. */
function paint(valueAt: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) =>
    valueAt(i % size, Math.floor(i / size)),
  )
}

const waves = (x: number, y: number): number =>
  128 + 60 * Math.sin(0.07 * x + 0.05 * y) + 40 * Math.sin(0.17 * y - 0.05 * x + 1)

/** The left of an axis, also on its right. */
const mirroredAt = (axis: (y: number) => number) =>
  paint((x, y) => waves(axis(y) - Math.abs(x - axis(y)), y))

describe('computeAsymmetry', () => {
  it('is 0 for mirror images', () => {
    expect(
      computeAsymmetry(
        mirroredAt(() => 55.5),
        size,
      ),
    ).toBeLessThan(1e-9)
  })

  it.each([-2.5, -1, 1.5, 3])('finds an axis %s pixels beside the middle', (offset) => {
    expect(
      computeAsymmetry(
        mirroredAt(() => 55.5 + offset),
        size,
      ),
    ).toBeLessThan(0.01)
  })

  it('finds an axis that leans', () => {
    expect(
      computeAsymmetry(
        mirroredAt((y) => 55.5 + 0.03 * (y - 62)),
        size,
      ),
    ).toBeLessThan(0.02)
  })

  it('is large where the sides differ, and the same for a mirrored picture', () => {
    const face = paint(waves)
    const mirrored = paint((x, y) => waves(size - 1 - x, y))
    expect(computeAsymmetry(face, size)).toBeGreaterThan(0.3)
    expect(computeAsymmetry(mirrored, size)).toBeCloseTo(computeAsymmetry(face, size), 5)
  })

  it('does not depend on brightness and contrast', () => {
    const face = mirroredAt(() => 58)
    const dim = face.map((value) => 20 + 0.4 * value)
    expect(computeAsymmetry(dim, size)).toBeCloseTo(computeAsymmetry(face, size), 5)
  })

  it('does not take a cap, which both sides have, for a face that is alike on both', () => {
    const bare = paint((x, y) => 0.2 * waves(x, y))
    const withCap = bare.map((value, i) => (i < 45 * size ? 250 : value))
    const share = computeAsymmetry(bare, size)
    expect(share).toBeGreaterThan(0.3)
    expect(computeAsymmetry(withCap, size)).toBeGreaterThan(0.8 * share)
  })

  it('is 1 for one even grey', () => {
    expect(computeAsymmetry(new Float32Array(size * size).fill(90), size)).toBe(1)
  })
})
