import { describe, expect, it } from 'vitest'
import { createFaceProbes, createMates, createStrangers } from './probes.ts'

const dimension = 64
const options = { dimension, count: 40 }
const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0)
const rowOf = (rows: Float32Array, i: number) => rows.subarray(i * dimension, (i + 1) * dimension)

/** Unit vectors in all directions, n x dimension. */
function createSample(n: number): Float32Array<ArrayBuffer> {
  let state = 7
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32 - 0.5
  }
  const rows = Float32Array.from({ length: n * dimension }, next)
  for (let i = 0; i < n; i++) {
    const row = rowOf(rows, i)
    const norm = Math.sqrt(dot(row, row))
    for (let j = 0; j < dimension; j++) row[j]! /= norm
  }
  return rows
}

describe('probes of an audit', () => {
  const sample = createSample(400)

  it.each([
    ['faces', createFaceProbes],
    ['mates', createMates],
    ['strangers', createStrangers],
  ])('are unit vectors, as many as wanted: %s', (_, create) => {
    const { probes } = create(sample, options)
    expect(probes.length).toBe(options.count * dimension)
    for (let i = 0; i < options.count; i++) {
      expect(dot(rowOf(probes, i), rowOf(probes, i))).toBeCloseTo(1, 5)
    }
  })

  it('are as alike to a face of the gallery as two photographs of a person', () => {
    const { probes, own } = createMates(sample, options)
    // Their face counts: it is what such a probe looks for.
    expect(own).toEqual([])
    const { probes: faces } = createFaceProbes(sample, options)
    const alike = Array.from({ length: options.count }, (_, i) =>
      dot(rowOf(probes, i), rowOf(faces, i)),
    )
    const mean = alike.reduce((a, b) => a + b) / alike.length
    // observed 0.65, wanted 0.65
    expect(mean).toBeGreaterThan(0.6)
    expect(mean).toBeLessThan(0.7)
    expect(Math.max(...alike)).toBeLessThan(0.95)
  })
})
