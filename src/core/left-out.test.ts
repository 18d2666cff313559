import { describe, expect, it } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import { decideLeftOut, type OwnedNeighbour } from './left-out.ts'

const curve = makeCurve(
  [
    [0.1, 0.1, 1],
    [0.3, 1e-3, 0.99],
    [0.4, 1e-4, 0.98],
    [0.5, 1e-5, 0.95],
  ],
  { threshold: 0.4, rate: 1e-4, shape: 0.05, scale: 0.04 },
)
const model = { policy: { maxFpir: 0.01, possibleFpir: 0.1 }, curve }
const sizes = { galleryFaces: 100, ownFaces: 2 }
const list = (...pairs: readonly (readonly [number, boolean])[]): readonly OwnedNeighbour[] =>
  pairs.map(([similarity, isOwn]) => ({ similarity, isOwn }))

describe('decideLeftOut', () => {
  it('finds a face whose person is nearest and near enough', () => {
    expect(decideLeftOut(model, list([0.7, true], [0.1, false]), sizes)).toBe('found')
    expect(decideLeftOut(model, list([0.3, true], [0.1, false]), sizes)).toBe('missed')
    expect(decideLeftOut(model, [], sizes)).toBe('missed')
  })

  it('tells a face that another person takes', () => {
    expect(decideLeftOut(model, list([0.7, false], [0.6, true]), sizes)).toBe('misnamed')
    expect(decideLeftOut(model, list([0.3, false], [0.2, true]), sizes)).toBe('missed')
  })

  it('raises the threshold where the rest of the gallery is alike', () => {
    const crowd = Array.from({ length: 30 }, () => [0.4, false] as const)
    expect(decideLeftOut(model, list([0.6, true], ...crowd), sizes)).toBe('missed')
    const byHand = { ...model, policy: { ...model.policy, threshold: 0.5 } }
    expect(decideLeftOut(byHand, list([0.6, true], ...crowd), sizes)).toBe('found')
  })
})
