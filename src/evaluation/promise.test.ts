import { describe, expect, test } from 'vitest'
import { plainCurve } from '../../test/helpers/curve.ts'
import { createMemoryProvider } from '../../test/helpers/memory-index.ts'
import { groupByPerson, lfwCorrections } from './label-corrections.ts'
import { evaluatePromise, type LabelledSet } from './promise.ts'

const policy = { maxFpir: 0.01, possibleFpir: 0.1 }
const dimension = 32

/** People on axes of their own, `photographs` equal ones each; from `first` on. */
function createSet(
  people: number,
  photographs: number,
  { first = 0, refused = [] as readonly number[] } = {},
): LabelledSet {
  const embeddings = new Float32Array(people * photographs * dimension)
  return {
    name: `axes ${first}`,
    embedded: {
      ...{ embeddings, dimension },
      refused: Array.from({ length: people * photographs }, (_, row) => refused.includes(row)),
    },
    people: Array.from({ length: people }, (_, i) => ({
      person: `P${first + i}`,
      rows: Array.from({ length: photographs }, (_, j) => {
        const row = i * photographs + j
        embeddings[row * dimension + first + i] = 1
        return row
      }),
    })),
  }
}

const openIndex = () => createMemoryProvider().open('test', dimension)

describe('evaluatePromise', () => {
  test('finds the enrolled and names no stranger when all people are far apart', async () => {
    const result = await evaluatePromise(
      { enrolled: createSet(20, 2), index: await openIndex(), policy, curve: plainCurve },
      { persons: 10, draws: 2 },
    )
    expect(result).toMatchObject({
      ...{ persons: 10, photographs: 1, matedProbes: 10, strangerProbes: 20 },
      match: { fpir: { mean: 0, std: 0 }, fnir: { mean: 0, std: 0 } },
    })
  })

  test('counts strangers who look like somebody enrolled', async () => {
    const result = await evaluatePromise(
      {
        enrolled: createSet(10, 1),
        strangers: { ...createSet(10, 1), name: 'twins' },
        ...{ index: await openIndex(), policy, curve: plainCurve },
      },
      { persons: 10, draws: 1 },
    )
    expect(result.match.fpir.mean).toBe(1)
    expect(result.match.fnir).toBeUndefined()
  })

  test('counts an image without an embedding as a miss, never as a false match', async () => {
    const set = createSet(6, 1)
    const people = set.people.map(({ person, rows }) => ({ person, rows: [...rows, -1] }))
    const result = await evaluatePromise(
      { enrolled: { ...set, people }, index: await openIndex(), policy, curve: plainCurve },
      { persons: 4, draws: 1 },
    )
    expect(result.match).toMatchObject({ fpir: { mean: 0 }, fnir: { mean: 1 } })
  })

  test('counts a face that cannot be compared as a miss, never as a name', async () => {
    const all = Array.from({ length: 16 }, (_, row) => row)
    const enrolled = createSet(8, 2, { refused: all.filter((row) => row % 2 === 1) })
    const strangers = createSet(8, 1, { refused: all })
    const result = await evaluatePromise(
      { enrolled, strangers, index: await openIndex(), policy, curve: plainCurve },
      { persons: 8, draws: 4 },
    )
    expect(result.match.fpir.mean).toBe(0)
    // Of two photographs one is usable: whichever is enrolled, the pair is never found.
    expect(result.match.fnir?.mean).toBe(1)
  })

  test('enrols other embeddings of the same photographs where there are any', async () => {
    const enrolled = createSet(8, 2)
    const { embedded: enrolledWith } = createSet(8, 2, { first: 16 })
    const input = { enrolled, index: await openIndex(), policy, curve: plainCurve }
    const same = await evaluatePromise(
      { ...input, enrolledWith: enrolled.embedded },
      { persons: 4, draws: 2 },
    )
    expect(same.match.fnir?.mean).toBe(0)
    const other = await evaluatePromise({ ...input, enrolledWith }, { persons: 4, draws: 2 })
    expect(other.match.fnir?.mean).toBe(1)
  })

  test('refuses a gallery larger than the set', async () => {
    const input = { enrolled: createSet(3, 1), index: await openIndex(), policy, curve: plainCurve }
    await expect(evaluatePromise(input, { persons: 3 })).rejects.toMatchObject({
      code: 'invalidOption',
    })
  })
})

describe('groupByPerson', () => {
  const image = (key: string) => ({ key, person: key.split('/')[0] as string, file: '' })

  test('merges doubled names, leaves out wrong photographs and keeps failures', () => {
    const images = [
      image('Sepp_Blatter/Sepp_Blatter_0001.jpg'),
      image('Joseph_Blatter/Joseph_Blatter_0001.jpg'),
      image('Gene_Robinson/Gene_Robinson_0003.jpg'),
    ]
    const failures = [{ key: 'Ann/Ann_0001.jpg', reason: 'noFace' as const }]
    expect(groupByPerson({ images, failures }, lfwCorrections)).toEqual([
      { person: 'Joseph_Blatter', rows: [0, 1] },
      { person: 'Ann', rows: [-1] },
    ])
    expect(groupByPerson({ images, failures })).toHaveLength(4)
  })
})
