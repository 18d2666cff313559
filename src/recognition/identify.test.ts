import { beforeEach, describe, expect, test } from 'vitest'
import { plainCurve } from '../../test/helpers/curve.ts'
import {
  createFakeDependencies,
  type FakeDependencies,
  fakeEmbedding,
  fakeJudge,
  image,
  withDifficulty,
} from '../../test/helpers/fake-recognition.ts'
import { statedFmr } from '../core/fmr.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: FakeDependencies
let watcher: FaceWatcher
beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
})

const enroll = (name: string) =>
  watcher.enroll('default', { name, metadata: { of: name } }, [
    { fileName: 'a.jpg', bytes: image(name) },
  ])

describe('identify', () => {
  test('asks for more where the people of the gallery are alike and its policy says so', async () => {
    const alike = createUseCases(withDifficulty(deps, 0.08))
    await enroll('ann')
    const identify = async () => (await alike.identify('default', image('ann~0.45'))).faces[0]
    expect(await identify()).toMatchObject({ decision: 'match', thresholds: { shift: 0 } })
    await alike.collections.update('default', { policy: { galleryShift: true } })
    // A search does not wait for the measurement.
    expect(await identify()).toMatchObject({ decision: 'match', thresholds: { shift: 0 } })
    await alike.collections.get('default', { difficulty: 'wait' })
    expect(await identify()).toMatchObject({ decision: 'possible', thresholds: { shift: 0.08 } })
  })

  describe('takes the collection to be what it was last time', () => {
    /** A use case on a collection that `change` makes another, and what it asks for. */
    const watchWith = (change: (collection: Collection) => Collection, takesImages = false) => {
      const events: string[] = []
      const { analyzer, gallery } = deps
      const changing = createUseCases({
        ...deps,
        analyzer: {
          ...analyzer,
          analyze(bytes, options) {
            events.push(`analyze for ${options?.embedder}`)
            return analyzer.analyze(takesImages ? bytes : Uint8Array.from(bytes), options)
          },
        },
        gallery: {
          ...gallery,
          collections: {
            ...gallery.collections,
            async get(name) {
              events.push('read')
              return change(await gallery.collections.get(name))
            },
          },
          async search(collection, probes, options) {
            events.push('search')
            const found = await gallery.search(collection, probes, options)
            return found.map((result) => ({
              ...result,
              ...(result.collection && { collection: change(result.collection) }),
            }))
          },
        },
      })
      const identify = async () => {
        events.length = 0
        return await changing.identify('default', image('ann'))
      }
      return { identify, events }
    }

    test('and does not read it again', async () => {
      const { identify, events } = watchWith((collection) => collection)
      await identify()
      expect(events).toEqual(['read', 'analyze for fake', 'search'])
      await identify()
      expect(events).toEqual(['analyze for fake', 'search'])
    })

    test('and searches again where its policy is another one now', async () => {
      let threshold = 0.4
      const { identify, events } = watchWith((collection) => ({
        ...collection,
        policy: { ...collection.policy, threshold },
      }))
      await enroll('ann')
      expect((await identify()).thresholds.match).toBe(0.4)
      threshold = 0.6
      expect((await identify()).thresholds.match).toBe(0.6)
      expect(events).toEqual(['analyze for fake', 'search', 'read', 'search'])
      expect((await identify()).thresholds.match).toBe(0.6)
      expect(events).toEqual(['analyze for fake', 'search'])
    })

    const withModel = (modelId: () => string) => (collection: Collection) => ({
      ...collection,
      modelId: modelId(),
      policy: { ...collection.policy, threshold: 0.4 },
    })

    test('and begins again where it has another model now', async () => {
      let modelId = 'fake'
      const { identify, events } = watchWith(withModel(() => modelId))
      await identify()
      modelId = 'other'
      expect((await identify()).modelId).toBe('other')
      const again = ['read', 'analyze for other', 'search']
      expect(events).toEqual(['analyze for fake', 'search', ...again])
    })

    test('and asks for another attempt when the image was taken', async () => {
      let modelId = 'fake'
      const { identify } = watchWith(
        withModel(() => modelId),
        true,
      )
      await identify()
      modelId = 'other'
      await expect(identify()).rejects.toMatchObject({ code: 'notReady' })
      expect((await identify()).modelId).toBe('other')
    })

    test('and finds a new one of the same name', async () => {
      await watcher.collections.create({ name: 'guests' })
      await watcher.identify('guests', image('ann'))
      await watcher.collections.delete('guests')
      const policy = { threshold: 0.7 }
      await watcher.collections.create({ name: 'guests', policy })
      expect((await watcher.identify('guests', image('ann'))).thresholds.match).toBe(0.7)
      await watcher.collections.delete('guests')
      const attempt = watcher.identify('guests', image('ann'))
      await expect(attempt).rejects.toMatchObject({ code: 'collectionNotFound' })
    })

    test('and says first what is wrong with the collection', async () => {
      await watcher.collections.create({ name: 'guests' })
      await watcher.identify('guests', image('ann'))
      await watcher.collections.delete('guests')
      const attempt = watcher.identify('guests', image('(corrupt)'))
      await expect(attempt).rejects.toMatchObject({ code: 'collectionNotFound' })
    })
  })

  test('answers unknown without candidates in an empty gallery', async () => {
    const result = await watcher.identify('default', image('ann'))
    expect(result.faces).toMatchObject([{ decision: 'unknown', candidates: [] }])
    expect(result.thresholds.gallerySize).toBe(0)
  })

  test('names nobody for what probe and candidate share as damage', async () => {
    const judged = createUseCases({
      ...deps,
      models: deps.models.map((model) =>
        model.id === 'fake' ? { ...model, judge: fakeJudge } : model,
      ),
    })
    await enroll('ann~0.5')
    // Both lie at 0.87 of the axis of damage: a similarity of 0.75, all of it damage.
    const probe = () => image('bob~0.5')
    expect((await watcher.identify('default', probe())).faces[0]?.decision).toBe('match')
    const [face] = (await judged.identify('default', probe())).faces
    expect(face?.decision).toBe('unknown')
    // Twice of that.
    expect(face?.thresholds).toMatchObject({ match: 1 })
    expect(face?.thresholds.shift).toBeCloseTo(2 * 0.87 ** 2, 4)
    expect(face?.candidates[0]?.fmr).toBeGreaterThan(0.1)
    // Her undamaged photograph shares none.
    expect((await judged.identify('default', image('ann'))).faces[0]?.decision).toBe('match')
  })

  test('is undetermined for a face that cannot be compared, with the reasons', async () => {
    await enroll('ann')
    const result = await watcher.identify('default', image('ann!rotated ann'))
    expect(result.faces.map(({ decision, reasons }) => [decision, reasons])).toEqual([
      ['undetermined', ['rotated']],
      ['match', []],
    ])
  })

  test('decides for every face of the image, largest first', async () => {
    await enroll('ann')
    await enroll('bob')
    const result = await watcher.identify('default', image('bob ann~0.35 cy'))
    expect(result).toMatchObject({
      width: 640,
      height: 480,
      modelId: 'fake',
      collection: 'default',
    })
    expect(result.faces.map((face) => face.decision)).toEqual(['match', 'possible', 'unknown'])
    expect(result.faces[0]?.candidates[0]).toMatchObject({
      personName: 'bob',
      metadata: { of: 'bob' },
      similarity: 1,
      fmrExtrapolated: true,
    })
    expect(result.faces[1]?.candidates[0]).toMatchObject({
      personName: 'ann',
      fmrExtrapolated: false,
    })
    expect(result.faces[1]?.candidates[0]?.fmr).toBeCloseTo(10 ** -3.5, 6)
  })

  test('raises the thresholds of a face that resembles the rest of the gallery', async () => {
    for (const name of ['ann', 'bob', 'cy', 'dan', 'eve', 'fay']) {
      await watcher.enroll('default', { name }, [{ fileName: 'a', bytes: image(`${name}~0.6`) }])
    }
    // All six share the last axis, so each resembles the others at 0.64.
    const { faces, thresholds } = await watcher.identify('default', image('ann~0.6'))
    const [face] = faces
    // The curve begins at a rate of 0.1: of five others it says nothing.
    expect(face?.thresholds).toMatchObject({ match: thresholds.match, shift: 0 })
    for (let i = 0; i < 20; i++) {
      const photograph = [{ fileName: 'a', bytes: image('bob~0.6') }]
      await watcher.enroll('default', { name: `${i}` }, photograph, { duplicates: 'ignore' })
    }
    const again = await watcher.identify('default', image('ann~0.6'))
    const own = again.faces[0]?.thresholds
    expect(own?.shift).toBeGreaterThan(0.05)
    expect(own?.match).toBeCloseTo(again.thresholds.match + Number(own?.shift), 9)
    // The stated rate is that of the similarity less the shift.
    expect(again.faces[0]?.candidates[0]?.fmr).toBeCloseTo(
      statedFmr(plainCurve, 1 - Number(own?.shift)).value,
      9,
    )
  })

  test('answers an image without faces with none', async () => {
    await enroll('ann')
    expect((await watcher.identify('default', image('(none)'))).faces).toEqual([])
  })

  test('answers as many candidates as asked for', async () => {
    for (const name of ['ann', 'bob', 'cy']) await enroll(name)
    const result = await watcher.identify('default', image('bob'), { candidates: 2 })
    expect(result.faces[0]?.candidates.length).toBe(2)
    for (const candidates of [0, 101, 1.5]) {
      await expect(watcher.identify('default', image('bob'), { candidates })).rejects.toMatchObject(
        { code: 'invalidOption' },
      )
    }
  })

  test('takes an embedding of the model as a probe, of any length', async () => {
    await enroll('ann')
    const embedding = fakeEmbedding('ann').map((value) => 3 * value)
    const result = await watcher.identify('default', { embedding, modelId: 'fake' })
    expect(result.faces[0]).toMatchObject({ decision: 'match' })
    expect(result.faces[0]).not.toHaveProperty('detection')
    expect(result.faces[0]).not.toHaveProperty('quality')
    expect(result).not.toHaveProperty('width')
    expect(result.faces[0]?.candidates[0]?.similarity).toBeCloseTo(1, 6)
  })

  test.each([
    [{ embedding: new Float32Array(8).fill(1), modelId: 'other' }, 'modelMismatch'],
    [{ embedding: new Float32Array(7).fill(1), modelId: 'fake' }, 'dimensionMismatch'],
    [{ embedding: new Float32Array(8), modelId: 'fake' }, 'invalidEmbedding'],
    [{ embedding: new Float32Array(8).fill(Number.NaN), modelId: 'fake' }, 'invalidEmbedding'],
  ])('refuses the probe %j', async (probe, code) => {
    await expect(watcher.identify('default', probe)).rejects.toMatchObject({ code })
  })

  test('merges detector options with those of the configuration', async () => {
    await watcher.identify('default', image('ann'), { detector: { maxFaces: 3 } })
    expect(deps.analyzer.calls[0]?.options.detector).toEqual({ minFaceSize: 40, maxFaces: 3 })
  })
})

describe('detect and embed', () => {
  test('detect answers faces without embeddings', async () => {
    const result = await watcher.detect(image('ann bob'))
    expect(result.faces.length).toBe(2)
    expect(Object.keys(result.faces[0] ?? {})).toEqual(['detection', 'quality'])
    expect(deps.analyzer.calls[0]?.options.embedder).toBeUndefined()
  })

  test('embed answers every face', async () => {
    const result = await watcher.embed(image('ann bob'))
    expect(result).toMatchObject({ modelId: 'fake', dimension: 8 })
    expect(result.faces[1]?.embedding).toEqual(fakeEmbedding('bob'))
  })

  test('embed refuses a model that is not an embedder', async () => {
    await expect(watcher.embed(image('ann'), { modelId: 'mtcnn' })).rejects.toThrow(/fake, bare/)
  })

  test('hand the signal on', async () => {
    const { signal } = new AbortController()
    await watcher.detect(image('ann'), { signal })
    await watcher.embed(image('ann'), { signal })
    await watcher.identify('default', image('ann'), { signal })
    expect(deps.analyzer.calls.every((call) => call.options.signal === signal)).toBe(true)
  })
})
