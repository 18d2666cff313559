import { describe, expect, test } from 'vitest'
import { makeCurve } from '../../test/helpers/curve.ts'
import { FaceError } from '../core/errors.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face, FaceStore } from '../storage/ports/faces.ts'
import { createDifficultyMeter } from './difficulty.ts'
import { sampledPersons, samplePersons } from './person-sample.ts'

const dimension = 2
const collection = { id: 'c', indexId: 'c', name: 'staff', dimension } as Collection
const curve = makeCurve(
  [
    [0, 0.5, 1],
    [0.5, 1e-3, 0.9],
  ],
  { threshold: 0.5, rate: 1e-3, shape: 0, scale: 0.04 },
  1_000_000,
)

/** A store of faces in id order, three a person unless told otherwise, evenly spread over an arc. */
function createStore(persons: number, { arc = 2 * Math.PI, facesEach = 3 } = {}) {
  const reads = { pages: 0, embeddings: new Set<string>() }
  const list: FaceStore['list'] = async (_, { cursor = '0', limit = 100 } = {}) => {
    reads.pages++
    const start = Number(cursor)
    const end = Math.min(persons * facesEach, start + limit)
    const items = Array.from({ length: end - start }, (_, i) => {
      const face = start + i
      return { id: String(face), personId: `p${face % persons}` } as Face
    })
    return { items, ...(end < persons * facesEach ? { nextCursor: String(end) } : {}) }
  }
  const getEmbeddings: FaceStore['getEmbeddings'] = async (_, of) => {
    const faceIds = 'faceIds' in of ? of.faceIds : []
    const rows = faceIds.flatMap((id) => {
      reads.embeddings.add(id)
      const angle = (arc * (Number(id) % persons)) / persons
      return [Math.cos(angle), Math.sin(angle)]
    })
    return { faceIds, embeddings: Float32Array.from(rows) }
  }
  return { faces: { list, getEmbeddings }, reads }
}

describe('measure', () => {
  test('compares one face of each person', async () => {
    const store = createStore(100)
    const meter = createDifficultyMeter({ store })
    const measured = await meter.measure(collection, { curve, faces: 300 })
    expect(measured).toMatchObject({ faces: 300, persons: 100, pairs: 4950 })
    // On a circle a third of the pairs lie within 60 degrees.
    expect(measured?.difficulty?.falseMatches).toBeGreaterThan(4950 / 4)
    expect(measured?.difficulty?.shift).toBeGreaterThan(0.4)
  })

  test('takes the same sample of many every time', async () => {
    const samples = await Promise.all(
      [1, 2].map(async () => {
        const store = createStore(sampledPersons + 300, { facesEach: 2 })
        const set = { id: 'c', modelId: 'm' }
        const sample = await samplePersons(store, set, new AbortController().signal)
        expect(sample).toHaveLength(sampledPersons * dimension)
        return store.reads.embeddings
      }),
    )
    expect(samples[0]?.size).toBe(sampledPersons)
    expect(samples[1]).toEqual(samples[0])
    const people = new Set([...(samples[0] ?? [])].map((id) => Number(id) % 1300))
    expect(people.size).toBe(sampledPersons)
    expect(Math.max(...people)).toBeGreaterThan(1200)
  })

  test('says nothing about few people', async () => {
    const meter = createDifficultyMeter({ store: createStore(77) })
    const measured = await meter.measure(collection, { curve, faces: 231 })
    expect(measured).toEqual({ faces: 231, persons: 77, pairs: 2926 })
  })

  test('serves an empty collection', async () => {
    const meter = createDifficultyMeter({ store: createStore(0) })
    expect(await meter.measure(collection, { curve, faces: 0 })).toEqual({
      faces: 0,
      persons: 0,
      pairs: 0,
    })
  })

  test('lets others work meanwhile', async () => {
    const meter = createDifficultyMeter({ store: createStore(100) })
    let turns = 0
    const count = (): void => {
      turns++
      next = setImmediate(count)
    }
    let next = setImmediate(count)
    await meter.measure(collection, { curve, faces: 300 })
    clearImmediate(next)
    // A turn a person.
    expect(turns).toBeGreaterThanOrEqual(99)
  })
})

describe('latest', () => {
  test('begins a measurement and answers it later', async () => {
    const meter = createDifficultyMeter({ store: createStore(100) })
    expect(meter.latest(collection, { curve, faces: 300 })).toBeUndefined()
    const measured = await meter.measure(collection, { curve, faces: 300 })
    expect(meter.latest(collection, { curve, faces: 300 })).toBe(measured)
  })

  test('measures again when a tenth of the faces is new or gone', async () => {
    const store = createStore(100)
    const meter = createDifficultyMeter({ store })
    await meter.measure(collection, { curve, faces: 300 })
    const { pages } = store.reads
    expect(await meter.measure(collection, { curve, faces: 329 })).toMatchObject({ faces: 300 })
    expect(store.reads.pages).toBe(pages)
    expect(meter.latest(collection, { curve, faces: 270 })).toMatchObject({ faces: 300 })
    expect(await meter.measure(collection, { curve, faces: 270 })).toMatchObject({ faces: 270 })
  })

  test('starts over for a collection that was forgotten', async () => {
    const meter = createDifficultyMeter({ store: createStore(100) })
    await meter.measure(collection, { curve, faces: 300 })
    meter.forget(collection.indexId)
    expect(meter.latest(collection, { curve, faces: 300 })).toBeUndefined()
  })

  test('keeps the last one when a measurement fails, says so and tries again', async () => {
    const store = createStore(100)
    const warnings: string[] = []
    const logger = { info: () => {}, warn: (_: object, message: string) => warnings.push(message) }
    let broken = false
    const list: typeof store.faces.list = (...of) =>
      broken ? Promise.reject(new FaceError('notReady')) : store.faces.list(...of)
    const meter = createDifficultyMeter({ store: { faces: { ...store.faces, list } }, logger })
    await meter.measure(collection, { curve, faces: 300 })
    broken = true
    expect(await meter.measure(collection, { curve, faces: 400 })).toBeUndefined()
    expect(warnings).toEqual(['the collection could not be compared with the curve of its model'])
    expect(meter.latest(collection, { curve, faces: 300 })).toMatchObject({ faces: 300 })
    broken = false
    expect(await meter.measure(collection, { curve, faces: 400 })).toMatchObject({ faces: 400 })
  })
})

test('close ends what is running, without a warning, and nothing begins afterwards', async () => {
  const store = createStore(100)
  const warnings: string[] = []
  const logger = { info: () => {}, warn: (_: object, message: string) => warnings.push(message) }
  const meter = createDifficultyMeter({ store, logger })
  const running = meter.measure(collection, { curve, faces: 300 })
  await meter.close()
  expect(await running).toBeUndefined()
  const { pages } = store.reads
  expect(await meter.measure(collection, { curve, faces: 300 })).toBeUndefined()
  expect(store.reads.pages).toBe(pages)
  expect(warnings).toEqual([])
})
