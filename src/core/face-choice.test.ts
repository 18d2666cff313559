import { describe, expect, it } from 'vitest'
import { chooseMainFace, type FaceCandidate, selectSureFaces } from './face-choice.ts'

const face = (
  side: number,
  confidence: number,
  reasons: FaceCandidate['reasons'] = [],
): FaceCandidate => ({
  detection: { box: { x: 0, y: 0, width: side, height: side }, confidence },
  reasons,
})

describe('chooseMainFace', () => {
  it('takes the largest of several sure faces', () => {
    const [small, large] = [face(80, 1), face(120, 0.99)]
    expect(chooseMainFace([small, large])).toBe(large)
    expect(chooseMainFace([large, small])).toBe(large)
  })

  it('prefers a sure face to a larger detection that is not sure', () => {
    const [torso, head] = [face(240, 0.82), face(170, 1)]
    expect(chooseMainFace([torso, head])).toBe(head)
  })

  it('prefers a face to a larger detection that is surely none', () => {
    const [pattern, head] = [face(240, 1, ['notAFace']), face(170, 1)]
    expect(chooseMainFace([pattern, head])).toBe(head)
  })

  it('takes what there is when nothing is sure', () => {
    const [small, large] = [face(80, 0.8), face(120, 0.75)]
    expect(chooseMainFace([small, large])).toBe(large)
    expect(chooseMainFace([])).toBeUndefined()
  })
})

describe('selectSureFaces', () => {
  it('overlooks a false second detection in a portrait', () => {
    const portrait = face(200, 1)
    expect(selectSureFaces([portrait, face(60, 0.85)])).toEqual([portrait])
  })

  it('counts a second person whose face cannot be compared', () => {
    const pair = [face(200, 1), face(180, 0.99, ['occluded'])]
    expect(selectSureFaces(pair)).toEqual(pair)
  })
})
