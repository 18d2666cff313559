import { describe, expect, it } from 'vitest'
import { dotProduct, normalizeInPlace } from '../../../core/similarity.ts'
import type { CropEmbedding, Embedder } from './embedder.ts'
import { createFusedEmbedder } from './fused.ts'

/** Answers the unit vector of each crop's first `dimension` values, with their length. */
function makeEmbedder(dimension: number, options: { batch?: number; knowsNorm?: boolean } = {}) {
  const { batch = 4, knowsNorm = true } = options
  return {
    ...{ dimension, sizePx: 112, batch },
    referencePoints: [{ x: 1, y: 2 }],
    embed: async (crops: readonly Float32Array[]): Promise<CropEmbedding[]> =>
      crops.map((crop) => {
        const embedding = crop.slice(0, dimension)
        const rawNorm = normalizeInPlace(embedding)
        return knowsNorm ? { embedding, rawNorms: [rawNorm] } : { embedding }
      }),
  } satisfies Embedder
}

const crops = [Float32Array.of(3, 4, 12), Float32Array.of(-1, 0, 0), Float32Array.of(2, 1, -2)]

describe('createFusedEmbedder', () => {
  const [one, two] = [makeEmbedder(2), makeEmbedder(3, { batch: 2 })]
  const weighted = [
    { embedder: one, weight: 0.4 },
    { embedder: two, weight: 0.6 },
  ]
  const fused = createFusedEmbedder({ dimension: 5 }, weighted)

  it('takes the crops of its parts, as many as all of them take', () => {
    expect(fused).toMatchObject({ dimension: 5, sizePx: 112, batch: 2 })
    expect(fused.referencePoints).toEqual(one.referencePoints)
  })

  it('gives unit vectors whose product is the weighted mean of the cosines', async () => {
    const [first, second, whole] = await Promise.all(
      [one, two, fused].map(async (embedder) =>
        (await embedder.embed(crops)).map((face) => face.embedding),
      ),
    )
    for (const a of [0, 1, 2]) {
      for (const b of [0, 1, 2]) {
        const cosines = [first, second].map((faces) => dotProduct(faces![a]!, faces![b]!))
        const expected = 0.4 * cosines[0]! + 0.6 * cosines[1]!
        // Observed 6e-8, bound 1e-6.
        expect(Math.abs(dotProduct(whole![a]!, whole![b]!) - expected)).toBeLessThan(1e-6)
      }
    }
  })

  it('tells the norm of each part, when it knows all', async () => {
    expect((await fused.embed(crops))[0]).toMatchObject({ rawNorms: [5, 13] })
    const blind = makeEmbedder(3, { knowsNorm: false })
    const parts = [weighted[0]!, { embedder: blind, weight: 0.6 }]
    const [face] = await createFusedEmbedder({ dimension: 5 }, parts).embed(crops)
    expect(face).not.toHaveProperty('rawNorms')
  })
})
