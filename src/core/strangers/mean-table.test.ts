import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeSightings } from '../../../test/helpers/strangers.ts'
import { createRandom } from '../../platform/random.ts'
import { dotProduct } from '../similarity.ts'
import { boundFrom, createMeanTable, type Mean, type MeanTable } from './mean-table.ts'

const rows = boundFrom + 40

/** Sums of one to three photographs of a person. */
function makeMeans(dimension: number, seed: number, persons = rows): readonly Mean[] {
  const random = createRandom(seed)
  const options = { persons, dimension, noise: 0.7, seed }
  const photographs = makeSightings({ ...options, count: 3 * rows })
  return Array.from({ length: rows }, (_, i) => {
    const count = 1 + Math.floor(3 * random())
    const own = photographs.slice(3 * i, 3 * i + count)
    const sum = new Float32Array(dimension)
    for (const { embedding } of own) for (let d = 0; d < dimension; d++) sum[d]! += embedding[d]!
    return { count, sum }
  })
}

function expectAll(table: MeanTable, means: readonly Mean[], probe: Mean): number {
  const similarity = 0.3
  const found = table.findPossible(probe, similarity)
  const wanted = [...means.keys()].filter((row) => {
    const { count, sum } = means[row] as Mean
    return dotProduct(sum, probe.sum) / (count * probe.count) >= similarity
  })
  expect(found.filter((row) => wanted.includes(row))).toEqual(wanted)
  expect(found.every((row) => row < means.length)).toBe(true)
  return found.length
}

describe('createMeanTable', () => {
  test.each([6, 64, 200])('finds every mean that is near enough (%d values)', (dimension) => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const means = makeMeans(dimension, seed)
        const table = createMeanTable(dimension)
        for (const mean of means) table.append(mean)
        for (const probe of means.slice(0, 10)) expectAll(table, means, probe)
      }),
      { numRuns: 3 },
    )
  })

  test('does not read most of what is far away', () => {
    // As embeddings do, these lie near a space with fewer dimensions than they have values.
    const low = makeMeans(48, 1)
    const means = low.map(({ count, sum }) => {
      const wide = new Float32Array(512)
      for (let d = 0; d < 512; d++) wide[d] = sum[d % 48]! / Math.sqrt(512 / 48)
      return { count, sum: wide }
    })
    const table = createMeanTable(512)
    for (const mean of means) table.append(mean)
    const found = means.slice(0, 50).map((probe) => expectAll(table, means, probe))
    const total = found.reduce((sum, length) => sum + length, 0)
    // observed 0.02
    expect(total / (50 * rows)).toBeLessThan(0.1)
  })

  test('gives the place of a row that is removed to the last one', () => {
    const means = [...makeMeans(32, 2)]
    const table = createMeanTable(32)
    for (const mean of means) table.append(mean)
    const random = createRandom(3)
    while (means.length > 10) {
      const row = Math.floor(random() * means.length)
      table.remove(row)
      const last = means.pop() as Mean
      if (row < means.length) means[row] = last
      if (means.length % 20 === 0) expectAll(table, means, last)
    }
    // Rows that come afterwards are found as well.
    for (const mean of makeMeans(32, 4)) {
      table.append(mean)
      means.push(mean)
    }
    expectAll(table, means, means[means.length - 1] as Mean)
  })

  test('knows the new mean of a row', () => {
    const means = [...makeMeans(32, 5)]
    const table = createMeanTable(32)
    for (const mean of means) table.append(mean)
    const [first, second] = [means[0] as Mean, means[1] as Mean]
    table.replace(0, second)
    expect(table.findPossible(second, 0.99 * (lengthOf(second) / second.count) ** 2)).toEqual([
      0, 1,
    ])
    means[0] = second
    expectAll(table, means, first)
  })

  test('works with means that span less than the axes', () => {
    const means = makeMeans(128, 6, 1)
    const few = means.map((_, i) => means[i % 5] as Mean)
    const table = createMeanTable(128)
    for (const mean of few) table.append(mean)
    for (const probe of means.slice(0, 10)) expectAll(table, few, probe)
  })
})

function lengthOf({ sum }: Mean): number {
  return Math.sqrt(dotProduct(sum, sum))
}
