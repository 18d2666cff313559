import { describe, expect, test } from 'vitest'
import { createRandom } from '../platform/random.ts'
import {
  binCount,
  binEdge,
  binsPerUnit,
  createPairCounter,
  mergeStatistics,
  type PairInput,
  rowsPerBlock,
} from './pair-statistics.ts'

/** Random unit rows; every third row shows the same person as the one before it. */
function createInput(count: number, dimension: number, topCount: number): PairInput {
  const random = createRandom(7)
  const embeddings = Float32Array.from({ length: count * dimension }, () => random() - 0.5)
  for (let row = 0; row < count; row++) {
    const values = embeddings.subarray(row * dimension, (row + 1) * dimension)
    const norm = Math.hypot(...values)
    for (let i = 0; i < dimension; i++) values[i] = values[i]! / norm
  }
  const persons = Int32Array.from({ length: count }, (_, row) => row - (row % 3 === 2 ? 1 : 0))
  return { embeddings, dimension, persons, topCount }
}

function naivePairs({ embeddings, dimension, persons }: PairInput) {
  const mated: number[] = []
  const nonMated: number[] = []
  for (let a = 0; a < persons.length; a++) {
    for (let b = a + 1; b < persons.length; b++) {
      let product = 0
      for (let i = 0; i < dimension; i++) {
        product += embeddings[a * dimension + i]! * embeddings[b * dimension + i]!
      }
      ;(persons[a] === persons[b] ? mated : nonMated).push(product)
    }
  }
  return { mated: mated.sort((a, b) => a - b), nonMated: nonMated.sort((a, b) => a - b) }
}

describe('createPairCounter', () => {
  test.each([1, 2, 5, 64, 133])('counts every pair of %i images once', (count) => {
    const input = createInput(count, 6, 40)
    const naive = naivePairs(input)
    // Two counters share the blocks, as two workers do.
    const counters = [createPairCounter(input), createPairCounter(input)]
    for (let block = 0; block < Math.ceil(count / rowsPerBlock); block++) {
      counters[block % 2]!.countBlock(block)
    }
    const merged = mergeStatistics(
      counters.map((counter) => counter.finish()),
      input.topCount,
    )
    expect(merged.nonMated.reduce((sum, value) => sum + value, 0)).toBe(naive.nonMated.length)
    const mated = [...merged.mated].sort((a, b) => a - b)
    expect(mated.length).toBe(naive.mated.length)
    for (const [i, value] of mated.entries()) expect(value).toBeCloseTo(naive.mated[i]!, 6)
    const top = [...merged.top].sort((a, b) => a - b)
    const expected = naive.nonMated.slice(-40)
    expect(top.length).toBe(expected.length)
    for (const [i, value] of top.entries()) expect(value).toBeCloseTo(expected[i]!, 6)
  })

  test('puts a similarity into the bin whose edge it passes', () => {
    const input = {
      embeddings: Float32Array.from([1, 0, 0.5, Math.sqrt(0.75)]),
      dimension: 2,
      persons: Int32Array.from([0, 1]),
      topCount: 5,
    }
    const counter = createPairCounter(input)
    counter.countBlock(0)
    expect(counter.finish().nonMated[1.5 * binsPerUnit]).toBe(1)
  })

  test('keeps equal vectors within the scale', () => {
    const input = {
      embeddings: Float32Array.from([0.6, 0.8, 0.6, 0.8]),
      dimension: 2,
      persons: Int32Array.from([0, 1]),
      topCount: 5,
    }
    const counter = createPairCounter(input)
    counter.countBlock(0)
    const { nonMated } = counter.finish()
    expect(nonMated[binCount - 1]! + nonMated[binCount - 2]!).toBe(1)
  })
})

describe('binEdge', () => {
  test('covers -1 to 1', () => {
    expect(binEdge(0)).toBe(-1)
    expect(binEdge(binCount - 1)).toBe(1)
  })
})
