import { describe, expect, it } from 'vitest'
import type { EmbedderInput } from '../models/manifest-types.ts'
import type { Session } from '../runtime.ts'
import { createEmbedder } from './embedder.ts'

const session: Session = {
  threads: 1,
  run: async () => ({ embedding: { data: Float32Array.of(3, 4), dims: [1, 2] } }),
}
const common = {
  sizePx: 16,
  channelOrder: 'rgb',
  normalization: { kind: 'inGraph' },
} as const

function cropOf(input: EmbedderInput) {
  const { referencePoints, turnedBoxMargin } = createEmbedder(
    { id: 'model', dimension: 2, input },
    session,
  )
  return { referencePoints, turnedBoxMargin }
}

describe('createEmbedder', () => {
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
