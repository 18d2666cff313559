import { beforeEach, describe, expect, test } from 'vitest'
import {
  createFakeDependencies,
  type FakeDependencies,
  fakeCurve,
  fakeEmbedding,
  fakeJudge,
  image,
  withDifficulty,
} from '../../test/helpers/fake-recognition.ts'
import { statedFmr } from '../core/fmr.ts'
import type { Collection } from '../gallery/store.ts'
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

  describe('begins with the image before it knows the collection', () => {
    const later = <T>(value: T): Promise<T> =>
      new Promise((resolve) => {
        setTimeout(() => resolve(value), 20)
      })
    /** A use case whose store answers late, and says so. */
    const watchWith = (change: (collection: Collection) => Collection) => {
      const events: string[] = []
      const slow = createUseCases({
        ...deps,
        analyzer: {
          ...deps.analyzer,
          analyze(bytes, options) {
            events.push(`analyze for ${options?.embedder}`)
            // As an analyzer that leaves images to their caller.
            return deps.analyzer.analyze(Uint8Array.from(bytes), options)
          },
        },
        gallery: {
          ...deps.gallery,
          async getCollection(name) {
            const collection = await later(deps.gallery.getCollection(name))
            events.push('collection')
            return change(collection)
          },
        },
      })
      return { slow, events }
    }

    test('when it has seen the collection once', async () => {
      const { slow, events } = watchWith((collection) => collection)
      await slow.identify('default', image('ann'))
      await slow.identify('default', image('ann'))
      const [first, second] = [events.slice(0, 2), events.slice(2)]
      expect(first).toEqual(['collection', 'analyze for fake'])
      expect(second).toEqual(['analyze for fake', 'collection'])
    })

    test('and begins again when the collection has another model now', async () => {
      let modelId = 'fake'
      const { slow, events } = watchWith((collection) => ({
        ...collection,
        modelId,
        policy: { ...collection.policy, threshold: 0.4 },
      }))
      await slow.identify('default', image('ann'))
      events.length = 0
      modelId = 'other'
      const result = await slow.identify('default', image('ann'))
      expect(result.modelId).toBe('other')
      expect(events).toEqual(['analyze for fake', 'collection', 'analyze for other'])
      events.length = 0
      await slow.identify('default', image('ann'))
      expect(events).toEqual(['analyze for other', 'collection'])
    })

    test('and asks for another attempt when the image was taken', async () => {
      let modelId = 'fake'
      const changing = createUseCases({
        ...deps,
        gallery: {
          ...deps.gallery,
          async getCollection(name) {
            const collection = await deps.gallery.getCollection(name)
            return { ...collection, modelId, policy: { ...collection.policy, threshold: 0.4 } }
          },
        },
      })
      await changing.identify('default', image('ann'))
      modelId = 'other'
      await expect(changing.identify('default', image('ann'))).rejects.toMatchObject({
        code: 'notReady',
      })
      expect((await changing.identify('default', image('ann'))).modelId).toBe('other')
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
      statedFmr(fakeCurve, 1 - Number(own?.shift)).value,
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
    expect(result.faces[0]).toMatchObject({ decision: 'match', detection: { confidence: 0 } })
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
