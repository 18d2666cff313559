import { describe, expect, test } from 'vitest'
import { makeSightings, strangerCurve } from '../../../test/helpers/strangers.ts'
import type { EmbeddedDataset } from '../embeddings.ts'
import { formatReport } from '../report.ts'
import { clusterDraws, type EmbeddedPeople } from './strangers.ts'

const dimension = 128

/** 30 persons with 5 photographs each, and 20 with one. */
function makeSet(noise = 0.5, refused: readonly number[] = []): EmbeddedPeople {
  const sightings = makeSightings({ count: 5000, persons: 50, dimension, noise, seed: 1 })
  const rows = sightings
    .filter(({ person }, i) => {
      const earlier = sightings.slice(0, i).filter((one) => one.person === person).length
      return earlier < (person < 30 ? 5 : 1)
    })
    .sort((a, b) => a.person - b.person)
  const images = rows.map(({ id, person }) => ({ key: `${person}/${id}`, person: `${person}` }))
  const embedded: EmbeddedDataset = {
    images: images.map((image) => ({ ...image, file: '' })),
    dimension,
    embeddings: Float32Array.from(rows.flatMap(({ embedding }) => [...embedding])),
    failures: [{ key: '0/blank', reason: 'noFace' }],
    refused: rows.map((_, row) => refused.includes(row)),
    withSeveralFaces: 0,
  }
  const people = Array.from({ length: 50 }, (_, person) => {
    const own = rows.flatMap((row, i) => (row.person === person ? [i] : []))
    return { person: String(person), rows: person === 0 ? [...own, -1] : own }
  })
  return { name: 'made-up', people, embedded }
}

const options = { curve: strangerCurve, modelId: 'some-model', draws: 3 }

describe('clusterDraws', () => {
  test('finds a stranger for every person', async () => {
    const steps: number[] = []
    const result = await clusterDraws(makeSet(), {
      ...options,
      onProgress: ({ done }) => steps.push(done),
    })
    expect(result).toMatchObject({
      ...{ protocol: 'strangers', dataset: 'made-up', modelId: 'some-model', draws: 3, seed: 1 },
      ...{ photographs: 170, persons: 50, strangers: 50, imagesWithoutDetection: 1, refused: 0 },
      ...{ precision: { mean: 1, worst: 1 }, recall: { mean: 1, worst: 1 } },
      worst: { mixed: [], split: [] },
    })
    expect(steps).toEqual([1, 2, 3])
    expect(formatReport(result)).toMatch(/^pairwise recall +1\.0000, worst draw 1\.0000$/m)
  })

  test('draws as many as are asked for', async () => {
    const drawn = { people: 10, singles: 12, photographs: 3 }
    const result = await clusterDraws(makeSet(), { ...options, ...drawn })
    expect(result).toMatchObject({ photographs: 10 * 3 + 12, persons: 22 })
    const again = await clusterDraws(makeSet(), { ...options, ...drawn })
    expect(again).toEqual(result)
  })

  test('leaves out what cannot be compared', async () => {
    const result = await clusterDraws(makeSet(0.5, [0, 1, 2, 5]), options)
    expect(result).toMatchObject({ photographs: 166, refused: 4 })
  })

  test('names who was split, with the sizes of the parts', async () => {
    const result = await clusterDraws(makeSet(1.2), options)
    expect(result.recall.mean).toBeLessThan(0.9)
    expect(result.recall.worst).toBeLessThan(result.recall.mean + 1e-9)
    const [first] = result.worst.split
    const images = first?.parts.flat() ?? []
    expect(images).toHaveLength(5)
    expect(images.every((key) => key.startsWith(`${first?.person}/`))).toBe(true)
    expect(formatReport(result)).toMatch(/\d+ missed pairs {2}\d+ \(\d \+ \d/)
  })

  test('names who was put together', async () => {
    // Whatever is like anything is taken for the same.
    const tail = { ...strangerCurve.tail, threshold: -0.9 }
    const points = [{ similarity: -0.9, fmr: 1e-9, falseMatches: 100, tmr: 1 }]
    const curve = { ...strangerCurve, points, tail }
    const result = await clusterDraws(makeSet(), { ...options, curve })
    expect(result.strangers).toBe(1)
    expect(result.precision.mean).toBeLessThan(0.1)
    expect(result.worst.mixed[0]?.people).toHaveLength(50)
    expect(formatReport(result)).toContain(`put together in draw ${result.worst.draw}`)
  })

  test('refuses to draw more people than there are', async () => {
    const refusal = (asked: object) =>
      expect(clusterDraws(makeSet(), { ...options, ...asked })).rejects.toMatchObject({
        code: 'invalidOption',
        detail: expect.stringContaining('has 30 persons with two photographs'),
      })
    await refusal({ people: 31 })
    await refusal({ people: 30, singles: 21 })
  })

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort()
    await expect(clusterDraws(makeSet(), { ...options, signal })).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})
