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
  expect(ids(orderFaces(faces, quality))).toBe('3124')
  expect(ids(orderFaces(faces, undefined))).toBe('4321')
})

test('says how a face goes with the others', () => {
  expect(factsOf('3', quality)).toMatchObject({ likeness: 'outlier', similarity: 0.1 })
  expect(factsOf('2', quality)).toMatchObject({ likeness: 'like', isCopy: true, isRedundant: true })
  expect(factsOf('4', quality)).toMatchObject({ likeness: 'notCompared', isCopy: false })
})

test('of photographs that are nearly one, one stays', () => {
  expect(copiesOf(quality)).toEqual(['2', '7'])
})
