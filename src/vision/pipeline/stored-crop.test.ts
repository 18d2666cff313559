import { describe, expect, it } from 'vitest'
import { arcFacePoints } from '../../core/alignment.ts'
import type { Box, FacePlace, Landmarks5 } from '../../core/types.ts'
import type { AnalyzedFace } from '../analyzer/analyzer-types.ts'
import { chooseCropFace, readPlace } from './stored-crop.ts'

const crop = { width: 120, height: 140 }
const place: FacePlace = {
  box: { x: 15, y: 10, width: 90, height: 110 },
  landmarks: arcFacePoints as unknown as Landmarks5,
}

describe('readPlace', () => {
  it('gives the place with the confidence of the photograph', () => {
    expect(readPlace(crop, place, 0.97)).toEqual({ ...place, confidence: 0.97 })
  })

  const { box, landmarks } = place
  const [first, ...others] = landmarks
  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'place'],
    ['no box', { landmarks }],
    ['no landmarks', { box }],
    ['four landmarks', { box, landmarks: others }],
    ['a landmark of nothing', { box, landmarks: [null, ...others] }],
    ['a landmark without a number', { box, landmarks: [{ ...first, x: Number.NaN }, ...others] }],
    ['a landmark as text', { box, landmarks: [{ x: '38', y: '51' }, ...others] }],
    ['landmarks in one point', { box, landmarks: Array(5).fill({ x: 50, y: 50 }) }],
    ['landmarks beyond all numbers', { box, landmarks: [{ x: 1e308, y: -1e308 }, ...others] }],
    [
      'landmarks beyond the crop',
      { box, landmarks: landmarks.map(({ x, y }) => ({ x: x + 400, y })) },
    ],
    ['a box beyond the crop', { box: { ...box, x: 500 }, landmarks }],
    ['a box of no size', { box: { ...box, width: 0 }, landmarks }],
    ['a box turned inside out', { box: { ...box, height: -9 }, landmarks }],
    ['an endless box', { box: { ...box, width: Number.POSITIVE_INFINITY }, landmarks }],
  ])('finds no face by %s', (_, value) => {
    expect(readPlace(crop, value as FacePlace, 1)).toBeUndefined()
  })
})

describe('chooseCropFace', () => {
  const faceAt = (box: Box): AnalyzedFace =>
    ({ detection: { box, landmarks: place.landmarks, confidence: 1 } }) as AnalyzedFace
  const own = faceAt({ x: 18, y: 22, width: 84, height: 98 })

  it('takes the face in the middle, not a larger one beside it', () => {
    const beside = faceAt({ x: -60, y: -20, width: 130, height: 160 })
    expect(chooseCropFace(crop, [beside, own])).toBe(own)
  })

  it('takes no face beside the middle, and none of the background', () => {
    const beside = faceAt({ x: 70, y: 10, width: 45, height: 50 })
    const behind = faceAt({ x: 50, y: 60, width: 20, height: 22 })
    expect(chooseCropFace(crop, [beside, behind])).toBeUndefined()
    expect(chooseCropFace(crop, [])).toBeUndefined()
  })
})
