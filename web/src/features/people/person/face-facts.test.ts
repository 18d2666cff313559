import { expect, test } from 'vitest'
import type { Face, PersonQuality } from '../../../shared/api/types.ts'
import { copiesOf, factsOf, orderFaces } from './face-facts.ts'

const faces = ['1', '2', '3', '4'].map((id) => ({ id })) as unknown as readonly Face[]
const quality = {
  faces: [
    { faceId: '3', similarity: 0.1, outlier: true, facing: true },
    { faceId: '1', similarity: 0.6, outlier: false, facing: true },
    { faceId: '2', similarity: 0.7, outlier: false, facing: true },
  ],
  missingEmbedding: ['4'],
  nearDuplicates: [
    { faceIds: ['1', '2'], similarity: 0.99 },
    { faceIds: ['2', '5'], similarity: 0.98 },
    { faceIds: ['6', '7'], similarity: 0.97 },
  ],
  redundant: ['2'],
} as unknown as PersonQuality
const ids = (list: readonly Face[]) => list.map(({ id }) => id).join('')

test('who fits least is first; without an examination the newest is', () => {
  expect(ids(orderFaces(faces, 'outliers', quality))).toBe('3124')
  expect(ids(orderFaces(faces, 'outliers', undefined))).toBe('4321')
  expect(ids(orderFaces(faces, 'newest', quality))).toBe('4321')
})

test('the best is large, sharp and looks at the camera; what came without a photograph is last', () => {
  const good = { sizePx: 200, sharpness: 300, confidence: 1, pose: { yaw: 0, pitch: 0, roll: 0 } }
  const rated = [
    { id: '1', quality: { ...good, sizePx: 50 } },
    { id: '2' },
    { id: '3', quality: { ...good, pose: { yaw: 70, pitch: 0, roll: 0 } } },
    { id: '4', quality: good },
    { id: '5', quality: { ...good, sharpness: 60 } },
  ] as unknown as readonly Face[]
  expect(ids(orderFaces(rated, 'best', undefined))).toBe('45132')
})

test('says how a face goes with the others', () => {
  expect(factsOf('3', quality)).toMatchObject({ likeness: 'outlier', similarity: 0.1 })
  expect(factsOf('2', quality)).toMatchObject({ likeness: 'like', isCopy: true, isRedundant: true })
  expect(factsOf('4', quality)).toMatchObject({ likeness: 'notCompared', isCopy: false })
})

test('of photographs that are nearly one, one stays', () => {
  expect(copiesOf(quality)).toEqual(['2', '7'])
})
