import { describe, expect, it } from 'vitest'
import { createMilvusOverlay } from './overlay.ts'

const east = Float32Array.of(1, 0)
const north = Float32Array.of(0, 1)
const options = { k: 2, dimension: 2 }

function createAt(): {
  readonly clock: { ms: number }
  readonly overlay: ReturnType<typeof createMilvusOverlay>
} {
  const clock = { ms: 0 }
  return { clock, overlay: createMilvusOverlay(() => clock.ms) }
}

describe('Milvus overlay', () => {
  it('ranks what it holds for each probe, ties by face id', () => {
    const { overlay } = createAt()
    overlay.add('b', east, { replaces: false })
    overlay.add('a', east, { replaces: false })
    overlay.add('c', north, { replaces: false })
    overlay.remove('gone')
    const { neighbours } = overlay.view(Float32Array.of(1, 0, 0, 1), options)
    expect(neighbours.map((list) => list.map((item) => item.faceId))).toEqual([
      ['a', 'b'],
      ['c', 'a'],
    ])
    expect(overlay.held).toBe(3)
    expect(overlay.size).toBe(4)
  })

  it('hides what Milvus may still show of a removed or replaced face, not of a new one', () => {
    const { overlay } = createAt()
    overlay.add('new', east, { replaces: false })
    overlay.add('replaced', east, { replaces: true })
    overlay.remove('removed')
    const view = overlay.view(east, options)
    const change = overlay.get('replaced')!
    overlay.settle(change)
    expect(['new', 'replaced', 'removed', 'other'].filter(view.hides)).toEqual([
      'replaced',
      'removed',
    ])
    // A removal counts also for searches that have begun.
    overlay.remove('other')
    expect(view.hides('other')).toBe(true)
  })

  it('lets a new face be settled at once, a removal when every view must have it', () => {
    const { clock, overlay } = createAt()
    overlay.add('new', east, { replaces: false })
    overlay.remove('removed')
    overlay.add('replaced', east, { replaces: true })
    expect(overlay.due().map((change) => change.faceId)).toEqual(['new'])
    clock.ms = 10_000
    expect(overlay.due()).toHaveLength(3)
  })

  it('keeps a change that is newer than the one to be settled', () => {
    const { overlay } = createAt()
    overlay.add('a', east, { replaces: false })
    const old = overlay.get('a')!
    overlay.add('a', north, { replaces: true })
    overlay.settle(old)
    expect(overlay.get('a')?.vector).toBe(north)
    overlay.settle(overlay.get('a')!)
    expect(overlay.size).toBe(0)
    expect(overlay.held).toBe(0)
  })
})
