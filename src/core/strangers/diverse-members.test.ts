import { describe, expect, test } from 'vitest'
import { toUnit } from '../../../test/helpers/strangers.ts'
import { keepDiverse } from './diverse-members.ts'

const at = (degrees: number) => {
  const angle = (degrees * Math.PI) / 180
  return {
    sightingId: String(degrees),
    embedding: toUnit([Math.cos(angle), Math.sin(angle)]),
  }
}
const keep = (...degrees: readonly number[]): readonly number[] =>
  keepDiverse(degrees.map(at)).map(({ sightingId }) => Number(sightingId))

describe('keepDiverse', () => {
  test('keeps up to five', () => {
    expect(keep(0, 1, 2, 3, 4)).toEqual([0, 1, 2, 3, 4])
  })

  test('lets go of one of the two most alike: the one that is more like the others', () => {
    expect(keep(0, 40, 42, 80, 100, 120)).toEqual([0, 40, 80, 100, 120])
    expect(keep(80, 100, 120, 42, 40, 0)).toEqual([80, 100, 120, 40, 0])
  })

  test('lets go of the later one of two equal ones', () => {
    const members = [0, 30, 60, 90, 120, 30].map((degrees, i) => {
      return { ...at(degrees), sightingId: String(i) }
    })
    expect(keepDiverse(members).map(({ sightingId }) => sightingId)).toEqual([...'01234'])
  })

  test('goes on until five are left', () => {
    expect(keep(0, 3, 50, 54, 90, 92, 120, 150, 151, 152)).toHaveLength(5)
  })
})
