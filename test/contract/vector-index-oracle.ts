import { expect } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import type { Neighbour } from '../../src/search/vector-index.ts'

/**
 * Unit vectors around random centres, as faces lie around their persons.
 *
 * @returns count x dimension, row-major; row i belongs to centre i modulo `centres`
 */
export function createClusteredVectors(
  count: number,
  dimension: number,
  options: { readonly seed: number; readonly centres?: number },
): Float32Array<ArrayBuffer> {
  const random = createRandom(options.seed)
  const gaussian = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  const centres = options.centres ?? Math.ceil(count / 4)
  const centre = Float64Array.from({ length: centres * dimension }, gaussian)
  const out = new Float32Array(count * dimension)
  for (let row = 0; row < count; row++) {
    const from = (row % centres) * dimension
    const vector = Float64Array.from(
      { length: dimension },
      (_, i) => centre[from + i]! + 0.7 * gaussian(),
    )
    const norm = Math.hypot(...vector)
    for (let i = 0; i < dimension; i++) out[row * dimension + i] = vector[i]! / norm
  }
  return out
}

/** Ids that sort by number. */
export function createIds(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `face${String(from + i).padStart(8, '0')}`)
}

/** What every index is compared with: a map and float64 sums. */
export interface VectorOracle {
  readonly ids: readonly string[]
  upsert(faceIds: readonly string[], vectors: Float32Array): void
  remove(faceIds: readonly string[]): void
  clear(): void
  /** All stored faces for one probe, best first, ties by id. */
  rank(probe: Float32Array): readonly Neighbour[]
}

export function createOracle(dimension: number): VectorOracle {
  const stored = new Map<string, Float32Array>()
  return {
    get ids() {
      return [...stored.keys()]
    },
    upsert(faceIds, vectors) {
      faceIds.forEach((faceId, i) => {
        stored.set(faceId, vectors.slice(i * dimension, (i + 1) * dimension))
      })
    },
    remove(faceIds) {
      for (const faceId of faceIds) stored.delete(faceId)
    },
    clear: () => stored.clear(),
    rank(probe) {
      const ranked = [...stored].map(([faceId, vector]) => ({
        faceId,
        similarity: vector.reduce((sum, value, i) => sum + value * probe[i]!, 0),
      }))
      return ranked.sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
    },
  }
}

/**
 * The best `k` of the oracle's ranking and no others. Faces closer than `tolerance` may change
 * places; with a tolerance of 0 even ties must come in the order of their ids.
 */
export function expectCandidates(
  actual: readonly Neighbour[],
  ranking: readonly Neighbour[],
  { k, tolerance }: { readonly k: number; readonly tolerance: number },
): void {
  const expected = ranking.slice(0, k)
  if (tolerance === 0) {
    expect(actual).toEqual(expected)
    return
  }
  const similarityOf = new Map(ranking.map((item) => [item.faceId, item.similarity]))
  expect(actual.length).toBe(expected.length)
  expect(new Set(actual.map((item) => item.faceId)).size).toBe(actual.length)
  actual.forEach((item, i) => {
    expect(Math.abs(item.similarity - expected[i]!.similarity)).toBeLessThanOrEqual(tolerance)
    expect(
      Math.abs(item.similarity - (similarityOf.get(item.faceId) ?? Number.NaN)),
    ).toBeLessThanOrEqual(tolerance)
    if (i === 0) return
    const before = actual[i - 1]!
    expect(before.similarity).toBeGreaterThanOrEqual(item.similarity)
    if (before.similarity === item.similarity) expect(before.faceId < item.faceId).toBe(true)
  })
}
