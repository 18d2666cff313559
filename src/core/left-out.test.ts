import { describe, expect, it } from 'vitest'
import { plainCurve as curve } from '../../test/helpers/curve.ts'
import { decideLeftOut, type OwnedNeighbour } from './left-out.ts'

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
