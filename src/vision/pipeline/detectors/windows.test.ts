import { describe, expect, it } from 'vitest'
import { allocateWindows, concatWindows, selectWindows, suppressWindows } from './windows.ts'

const apart = (confidences: readonly number[]) => {
  const windows = allocateWindows(confidences.length)
  for (const [i, score] of confidences.entries()) {
    windows.confidences[i] = score
    windows.boxes.set([10 * i, 0, 10 * i + 5, 5], 4 * i)
    windows.offsets.fill(i, 4 * i, 4 * i + 4)
  }
  return windows
}

describe('windows', () => {
  it('are selected with everything that belongs to them', () => {
    const selected = selectWindows(apart([1, 2, 3]), [2, 0])
    expect([...selected.confidences]).toEqual([3, 1])
    expect([...selected.boxes]).toEqual([20, 0, 25, 5, 0, 0, 5, 5])
    expect([...selected.offsets]).toEqual([2, 2, 2, 2, 0, 0, 0, 0])
  })

  it('are joined in order', () => {
    const joined = concatWindows([apart([1]), apart([]), apart([2, 3])])
    expect([...joined.confidences]).toEqual([1, 2, 3])
    expect(joined.boxes).toHaveLength(12)
  })

  it('are limited to the best before suppression', () => {
    const options = { threshold: 0.5, measure: 'union' } as const
    const confidences = [0.5, 0.9, 0.7]
    expect(suppressWindows(apart(confidences), options).confidences).toHaveLength(3)
    expect([...suppressWindows(apart(confidences), options, 2).confidences]).toEqual(
      [0.9, 0.7].map(Math.fround),
    )
  })
})
