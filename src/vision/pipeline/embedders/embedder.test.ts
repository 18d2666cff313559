import { describe, expect, it } from 'vitest'
import type { EmbedderInput } from '../../../models/manifest-types.ts'
import type { Session } from '../../runtime.ts'
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

const common = {
  sizePx: 16,
  channelOrder: 'rgb',
  normalization: { kind: 'inGraph' },
} as const

function cropOf(input: EmbedderInput) {
  const { referencePoints, turnedBoxMargin } = createEmbedder(
    { id: 'model', dimension: 2, input },
    makeSession('embedding.raw'),
  )
  return { referencePoints, turnedBoxMargin }
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

  it('cuts faces as the record says: by points, by the box, by the turned box', () => {
    const points = [
      [4, 5],
      [11, 5],
      [8, 8],
      [5, 11],
      [10, 11],
    ] as const
    const expected = points.map(([x, y]) => ({ x, y }))
    expect(cropOf({ ...common, referencePoints: points })).toEqual({ referencePoints: expected })
    expect(cropOf({ ...common, crop: 'box' })).toEqual({})
    expect(cropOf({ ...common, crop: 'turnedBox', margin: 0.3 })).toEqual({ turnedBoxMargin: 0.3 })
  })
})
