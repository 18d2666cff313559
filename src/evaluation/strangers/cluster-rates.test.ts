import { describe, expect, test } from 'vitest'
import { type Clustered, computeClusterRates, findWorstClusters } from './cluster-rates.ts'

/** One word a stranger: its letters are persons. */
function toPhotographs(...strangers: readonly string[]): readonly Clustered[] {
  return strangers.flatMap((letters, stranger) =>
    [...letters].map((person, i) => {
      return { key: `${person}${stranger}${i}`, person, strangerId: String(stranger) }
    }),
  )
}

describe('computeClusterRates', () => {
  test('is 1 where every stranger is a person', () => {
    expect(computeClusterRates(toPhotographs('aaa', 'bb', 'c'))).toEqual({
      ...{ precision: 1, recall: 1, strangers: 3, persons: 3 },
    })
  })

  test('counts pairs', () => {
    // 3 + 1 pairs put together of which 1 + 1 are right; 3 + 1 pairs of one person.
    expect(computeClusterRates(toPhotographs('aab', 'a', 'cc'))).toEqual({
      ...{ precision: 2 / 4, recall: 2 / 4, strangers: 3, persons: 3 },
    })
  })

  test('finds no fault where there are no pairs', () => {
    expect(computeClusterRates(toPhotographs('a', 'b'))).toMatchObject({ precision: 1, recall: 1 })
    expect(computeClusterRates([])).toMatchObject({ precision: 1, strangers: 0 })
  })
})

describe('findWorstClusters', () => {
  test('names who was put together and who was split, worst first', () => {
    expect(findWorstClusters(toPhotographs('ab', 'caacc', 'cc', 'd'), 9)).toEqual({
      mixed: [
        {
          wrongPairs: 6,
          people: [
            { person: 'c', images: ['c10', 'c13', 'c14'] },
            { person: 'a', images: ['a11', 'a12'] },
          ],
        },
        {
          wrongPairs: 1,
          people: [
            { person: 'a', images: ['a00'] },
            { person: 'b', images: ['b01'] },
          ],
        },
      ],
      split: [
        {
          person: 'c',
          missedPairs: 6,
          parts: [
            ['c10', 'c13', 'c14'],
            ['c20', 'c21'],
          ],
        },
        { person: 'a', missedPairs: 2, parts: [['a11', 'a12'], ['a00']] },
      ],
    })
  })

  test('names no more than are wanted', () => {
    const { mixed, split } = findWorstClusters(toPhotographs('ab', 'caacc', 'cc', 'd'), 1)
    expect(mixed.map(({ wrongPairs }) => wrongPairs)).toEqual([6])
    expect(split.map(({ person }) => person)).toEqual(['c'])
  })
})
