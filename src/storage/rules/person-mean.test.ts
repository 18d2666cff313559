import { describe, expect, test } from 'vitest'
import {
  choosePersons,
  facesPerMean,
  type ReadPerson,
  similarityToPerson,
  summarizePersons,
} from './person-mean.ts'

const read = (
  personId: string,
  rows: readonly (readonly [string, readonly number[]])[],
  nearest: readonly string[] = [],
): ReadPerson => ({
  personId,
  nearest: new Set(nearest),
  faces: {
    faceIds: rows.map(([face]) => face),
    embeddings: Float32Array.from(rows.flatMap(([, values]) => values)),
  },
})
const summarize = (person: ReadPerson) => summarizePersons([person]).persons[0]

describe('choosePersons', () => {
  const personOf = (faceId: string) => (faceId === '?' ? undefined : faceId[0])
  const choose = (...lists: readonly (readonly string[])[]) =>
    [...choosePersons(lists, personOf)].map(([person, faces]) => [person, ...faces])

  test('takes the first person of each list', () => {
    expect(choose(['a1', 'b1'], ['c1'])).toEqual([
      ['a', 'a1'],
      ['c', 'c1'],
    ])
  })

  test('takes those of the first three with several faces in the list', () => {
    expect(choose(['a1', '?', 'b1', 'c1', 'd1', 'd2', 'c2'])).toEqual([
      ['a', 'a1'],
      ['c', 'c1'],
    ])
  })

  test('tells the nearest face in each list', () => {
    expect(choose(['a1', 'a2'], ['a2', 'a1'])).toEqual([['a', 'a1', 'a2']])
  })

  test('takes nobody of empty lists', () => {
    expect(choose([], ['?'])).toEqual([])
  })
})

describe('the summary of a person', () => {
  test('has a mean that is a unit vector between the faces', () => {
    const ann = read('ann', [
      ['f1', [1, 0]],
      ['f2', [0, 1]],
    ])
    const { persons } = summarizePersons([ann, read('bob', [['f3', [0, 1]]]), read('cyn', [])])
    expect(persons).toEqual([
      {
        personId: 'ann',
        faceIds: ['f1', 'f2'],
        complete: true,
        mean: Float32Array.of(Math.SQRT1_2, Math.SQRT1_2),
      },
      { personId: 'bob', faceIds: ['f3'], complete: true },
    ])
  })

  test('has no mean where faces cancel out', () => {
    const ann = read('ann', [
      ['f1', [1, 0]],
      ['f2', [-1, 0]],
    ])
    expect(summarize(ann)).not.toHaveProperty('mean')
  })

  test('says when not all faces were read', () => {
    const many = Array.from({ length: facesPerMean }, (_, i) => [`f${i}`, [1, 0]] as const)
    expect(summarize(read('ann', many))?.complete).toBe(false)
    expect(summarize(read('ann', many.slice(1)))?.complete).toBe(true)
  })

  test('comes with the embeddings of the nearest faces that were read', () => {
    const rows = [
      ['f1', [1, 0]],
      ['f2', [0, 1]],
    ] as const
    const { nearest } = summarizePersons([
      read('ann', rows, ['f2', 'f9']),
      read('bob', [['f3', [0.6, 0.8]]], ['f3']),
    ])
    expect(nearest.faceIds).toEqual(['f2', 'f3'])
    expect(nearest.embeddings).toEqual(Float32Array.of(0, 1, 0.6, 0.8))
  })
})

test('a mean counts where it is nearer than every photograph', () => {
  const mean = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2)
  expect(similarityToPerson(mean, Math.SQRT1_2, mean)).toBeCloseTo(1, 6)
  expect(similarityToPerson(Float32Array.of(1, 0), 1, mean)).toBe(1)
  expect(similarityToPerson(mean, 0.3, undefined)).toBe(0.3)
})
