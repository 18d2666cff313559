import { describe, expect, test } from 'vitest'
import { choosePersons, facesPerMean, similarityToPerson, toPersonFaces } from './person-mean.ts'

const batch = (rows: readonly (readonly [string, string, readonly number[]])[]) => ({
  personIds: rows.map(([person]) => person),
  faceIds: rows.map(([, face]) => face),
  embeddings: Float32Array.from(rows.flatMap(([, , values]) => values)),
})

describe('choosePersons', () => {
  const personOf = (faceId: string) => (faceId === '?' ? undefined : faceId[0])

  test('takes the first person of each list', () => {
    expect(choosePersons([['a1', 'b1'], ['c1']], personOf)).toEqual(['a', 'c'])
  })

  test('takes those of the first three with several faces in the list', () => {
    const list = ['a1', '?', 'b1', 'c1', 'd1', 'd2', 'c2']
    expect(choosePersons([list], personOf)).toEqual(['a', 'c'])
  })

  test('takes nobody of empty lists', () => {
    expect(choosePersons([[], ['?']], personOf)).toEqual([])
  })
})

describe('the mean of a person', () => {
  test('is a unit vector between the faces', () => {
    const { ann, bob } = Object.fromEntries(
      toPersonFaces(
        batch([
          ['ann', 'f1', [1, 0]],
          ['ann', 'f2', [0, 1]],
          ['bob', 'f3', [0, 1]],
        ]),
      ),
    )
    expect([...(ann?.mean ?? [])]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)])
    expect(ann?.faceIds).toEqual(new Set(['f1', 'f2']))
    expect(bob?.mean).toBeUndefined()
  })

  test('counts where it is nearer than every photograph', () => {
    const [ann] = toPersonFaces(
      batch([
        ['ann', 'f1', [1, 0]],
        ['ann', 'f2', [0, 1]],
      ]),
    ).values()
    const between = Float32Array.of(Math.SQRT1_2, Math.SQRT1_2)
    expect(similarityToPerson(between, Math.SQRT1_2, ann)).toBeCloseTo(1, 6)
    expect(similarityToPerson(Float32Array.of(1, 0), 1, ann)).toBe(1)
    expect(similarityToPerson(between, 0.3, undefined)).toBe(0.3)
  })

  test('is absent where faces cancel out', () => {
    const [ann] = toPersonFaces(
      batch([
        ['ann', 'f1', [1, 0]],
        ['ann', 'f2', [-1, 0]],
      ]),
    ).values()
    expect(ann?.mean).toBeUndefined()
  })

  test('says when not all faces were read', () => {
    const many = Array.from({ length: facesPerMean }, (_, i) => ['ann', `f${i}`, [1, 0]] as const)
    expect(toPersonFaces(batch(many)).get('ann')?.complete).toBe(false)
    expect(toPersonFaces(batch(many.slice(1))).get('ann')?.complete).toBe(true)
  })
})
