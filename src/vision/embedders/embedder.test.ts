import { describe, expect, it } from 'vitest'
import type { Session } from '../runtime.ts'
import { createEmbedder } from './embedder.ts'

const record = {
  id: 'tiny',
  dimension: 2,
  input: { sizePx: 1, crop: 'box', channelOrder: 'rgb', normalization: { kind: 'inGraph' } },
} as const

/** Answers the first two values of each crop under `output`. */
function makeSession(output: string): Session {
  return {
    threads: 1,
    async run({ input }) {
      const { data, dims } = input!
      const rows = Array.from({ length: dims[0]! }, (_, i) => [data[3 * i], data[3 * i + 1]])
      return { [output]: { data: Float32Array.from(rows.flat() as number[]), dims: [dims[0]!, 2] } }
    },
  }
}

const crops = [Float32Array.of(3, 4, 0), Float32Array.of(0, 0.5, 0)]

describe('createEmbedder', () => {
  it('separates the direction of the raw vector from its length', async () => {
    const faces = await createEmbedder(record, makeSession('embedding.raw')).embed(crops)
    expect(faces).toEqual([
      { embedding: Float32Array.of(0.6, 0.8), rawNorms: [5] },
      { embedding: Float32Array.of(0, 1), rawNorms: [0.5] },
    ])
  })

  it('tells no length where the graph has normalised already', async () => {
    const faces = await createEmbedder(record, makeSession('embedding')).embed(crops)
    expect(faces[0]).toEqual({ embedding: Float32Array.of(0.6, 0.8) })
  })

  it('refuses a network that answers something else', async () => {
    const embedder = createEmbedder({ ...record, dimension: 3 }, makeSession('embedding.raw'))
    await expect(embedder.embed(crops)).rejects.toMatchObject({ code: 'modelCorrupt' })
    const other = createEmbedder(record, makeSession('other'))
    await expect(other.embed(crops)).rejects.toMatchObject({ code: 'modelCorrupt' })
  })
})
