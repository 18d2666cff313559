import { describe, expect, it } from 'vitest'
import {
  allocateCandidates,
  concatCandidates,
  selectCandidates,
  suppressCandidates,
} from './candidates.ts'

const apart = (scores: readonly number[]) => {
  const candidates = allocateCandidates(scores.length)
  for (const [i, score] of scores.entries()) {
    candidates.scores[i] = score
    candidates.boxes.set([10 * i, 0, 10 * i + 5, 5], 4 * i)
    candidates.offsets.fill(i, 4 * i, 4 * i + 4)
  }
  return candidates
}

describe('candidates', () => {
  it('are selected with everything that belongs to them', () => {
    const selected = selectCandidates(apart([1, 2, 3]), [2, 0])
    expect([...selected.scores]).toEqual([3, 1])
    expect([...selected.boxes]).toEqual([20, 0, 25, 5, 0, 0, 5, 5])
    expect([...selected.offsets]).toEqual([2, 2, 2, 2, 0, 0, 0, 0])
  })

  it('are joined in order', () => {
    const joined = concatCandidates([apart([1]), apart([]), apart([2, 3])])
    expect([...joined.scores]).toEqual([1, 2, 3])
    expect(joined.boxes).toHaveLength(12)
  })

  it('are limited to the best before suppression', () => {
    const options = { threshold: 0.5, measure: 'union' } as const
    const scores = [0.5, 0.9, 0.7]
    expect(suppressCandidates(apart(scores), options).scores).toHaveLength(3)
    expect([...suppressCandidates(apart(scores), options, 2).scores]).toEqual(
      [0.9, 0.7].map(Math.fround),
    )
  })
})
