import { describe, expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import { findNearPairs, type OwnedVectors } from '../../src/search/pairs/near-pairs.ts'
import { expectCode } from '../helpers/expect-code.ts'

/** Unit rows whose later numbers are smaller, as those of faces are along their principal axes. */
function makeRows(count: number, { dimension, decay }: { dimension: number; decay: number }) {
  const random = createRandom(3)
  const spectrum = Float32Array.from({ length: dimension }, (_, i) => (i + 1) ** -decay)
  const rows = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    const own = rows.subarray(row * dimension, (row + 1) * dimension)
    // Rows of one axis would tell nothing of a rotation.
    for (let i = 0; i < dimension; i++)
      own[i] = (random() + random() - 1) * spectrum[(7 * i) % dimension]!
    // Every fiftieth is nearly another one, of somebody else.
    if (row % 50 === 49) {
      const other = rows.subarray((row - 40) * dimension, (row - 39) * dimension)
      for (let i = 0; i < dimension; i++) own[i] = 0.3 * own[i]! + other[i]!
    }
    const norm = Math.hypot(...own)
    for (let i = 0; i < dimension; i++) own[i]! /= norm
  }
  return rows
}

async function* inBatches(
  rows: Float32Array,
  { dimension, owners }: { dimension: number; owners: Int32Array },
): AsyncGenerator<OwnedVectors, void> {
  const size = 1500
  for (let from = 0; from < owners.length; from += size) {
    yield {
      vectors: rows.slice(from * dimension, (from + size) * dimension),
      owners: owners.slice(from, from + size),
    }
  }
}

function toKeys(pairs: Iterable<readonly [number, number]>): Set<string> {
  return new Set([...pairs].map(([a, b]) => `${Math.min(a, b)} ${Math.max(a, b)}`))
}

describe('near pairs', () => {
  it.each([
    // Bounds of 64 numbers; the whole vector, in several blocks of rows; no bound that tells them apart.
    { count: 3000, dimension: 160, decay: 1, least: 0.9 },
    { count: 16_500, dimension: 8, decay: 0.2, least: 0.98 },
    { count: 2000, dimension: 160, decay: 0, least: 0.5 },
  ])('are all that comparing everything finds ($count of $dimension)', async (shape) => {
    const { count, dimension, least } = shape
    const rows = makeRows(count, shape)
    const owners = Int32Array.from({ length: count }, (_, i) => (i % 17 === 0 ? -1 : i >> 1))
    const maxCandidates = 1e6
    const found = await findNearPairs(inBatches(rows, { dimension, owners }), {
      ...{ dimension, least, maxCandidates },
    })
    const similarityOf = (a: number, b: number): number => {
      let sum = 0
      for (let i = 0; i < dimension; i++) sum += rows[a * dimension + i]! * rows[b * dimension + i]!
      return sum
    }
    const expected: [number, number][] = []
    for (let a = 0; a < count; a++) {
      if (owners[a]! < 0) continue
      for (let b = 0; b < a; b++) {
        if (owners[b]! < 0 || owners[a] === owners[b]) continue
        if (similarityOf(a, b) >= least) expected.push([a, b])
      }
    }
    expect(expected.length).toBeGreaterThan(20)
    const candidates = Array.from({ length: found!.length / 2 }, (_, i): [number, number] => [
      found![2 * i]!,
      found![2 * i + 1]!,
    ])
    const keys = toKeys(candidates)
    expect(keys.size).toBe(candidates.length)
    for (const key of toKeys(expected)) expect(keys.has(key)).toBe(true)
    // Most others are told apart by their bounds.
    expect(keys.size - expected.length).toBeLessThan(count)
    expect(candidates.every(([a, b]) => owners[a] !== owners[b] && owners[a]! >= 0)).toBe(true)
  })

  it('gives up where nothing tells the vectors apart, and finds none of none', async () => {
    const [count, dimension] = [3000, 16]
    const rows = makeRows(count, { dimension, decay: 1 })
    const owners = Int32Array.from({ length: count }, (_, i) => i)
    const options = { dimension, least: -1, maxCandidates: 1000 }
    const batches = inBatches(rows, { dimension, owners })
    expect(await findNearPairs(batches, options)).toBeUndefined()
    const none = inBatches(new Float32Array(0), { dimension, owners: new Int32Array(0) })
    expect(await findNearPairs(none, options)).toEqual(new Uint32Array(0))
  })

  it('ends when it is cancelled, while it reads and while it compares', async () => {
    const [count, dimension] = [60_000, 32]
    const rows = makeRows(count, { dimension, decay: 0 })
    const owners = Int32Array.from({ length: count }, (_, i) => i)
    const options = { dimension, least: 0.99, maxCandidates: 1e6 }
    const comparing = new AbortController()
    const cancelled = findNearPairs(inBatches(rows, { dimension, owners }), {
      ...options,
      signal: comparing.signal,
      onProgress: () => comparing.abort(new Error('enough')),
    })
    await expect(cancelled).rejects.toThrow('enough')
    const reading = new AbortController()
    async function* endless(): AsyncGenerator<OwnedVectors, void> {
      for (let i = 0; ; i++) {
        if (i === 2) reading.abort(new Error('no more'))
        yield* inBatches(rows.subarray(0, 32), { dimension, owners: owners.subarray(0, 1) })
      }
    }
    const signal = reading.signal
    await expect(findNearPairs(endless(), { ...options, signal })).rejects.toThrow('no more')
  })

  it('says when its thread cannot work', async () => {
    async function* wrong(): AsyncGenerator<OwnedVectors, void> {
      yield { vectors: new Float32Array(10), owners: Int32Array.of(1, 2, 3) }
    }
    const options = { dimension: 1024 ** 4, least: 0.9, maxCandidates: 10 }
    await expectCode(findNearPairs(wrong(), options), 'workerFailed')
  })
})
