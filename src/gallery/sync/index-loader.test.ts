import { describe, expect, it } from 'vitest'
import type { VectorIndex } from '../../search/vector-index.ts'
import type { Change } from '../../storage/ports/feed.ts'
import { applyChanges } from './index-loader.ts'

describe('applyChanges', () => {
  const embedding = Float32Array.of(1, 0)
  const added = (faceId: string): Change => ({
    ...{ cursor: 'c', collectionId: 'x', kind: 'faceAdded', faceId, modelId: 'm', embedding },
  })
  const removed = (faceId: string): Change => ({
    ...{ cursor: 'c', collectionId: 'x', kind: 'faceRemoved', faceId },
  })

  async function apply(there: readonly string[], changes: readonly Change[]): Promise<string[]> {
    const ids = new Set(there)
    const index = {
      dimension: 2,
      upsert: async (faceIds: readonly string[]) => {
        for (const id of faceIds) ids.add(id)
      },
      remove: async (faceIds: readonly string[]) => {
        for (const id of faceIds) ids.delete(id)
      },
    }
    await applyChanges(index as unknown as VectorIndex, changes)
    return [...ids].sort()
  }

  it('keeps a face that was removed and came back in one stretch of the feed', async () => {
    expect(await apply(['a', 'b'], [removed('a'), added('a')])).toEqual(['a', 'b'])
    expect(await apply([], [added('a'), removed('a'), added('a')])).toEqual(['a'])
  })

  it('removes a face that came back and was removed again', async () => {
    expect(await apply(['a'], [removed('a'), added('a'), removed('a')])).toEqual([])
    // The store has no embedding of a face that is gone.
    const { embedding: _, ...bare } = added('a')
    expect(await apply(['a'], [removed('a'), bare])).toEqual([])
  })
})
