import { beforeEach, describe, expect, test } from 'vitest'
import {
  createFakeDependencies,
  type FakeDependencies,
  image,
  withDifficulty,
} from '../../test/helpers/fake-recognition.ts'
import { FaceError } from '../core/errors.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: FakeDependencies
let watcher: FaceWatcher
beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
})

describe('collections', () => {
  test('are bound to the default model and policy unless told otherwise', async () => {
    const collection = await watcher.collections.create({ name: 'a', policy: { maxFpir: 0.05 } })
    expect(collection).toMatchObject({
      modelId: 'fake',
      dimension: 8,
      policy: { maxFpir: 0.05, possibleFpir: 0.1 },
      storeCrops: false,
    })
  })

  test('answer counts and thresholds', async () => {
    const collection = await watcher.collections.get('default')
    expect(collection).toMatchObject({ persons: 0, faces: 0, thresholds: { basis: 'fmrCurve' } })
  })

  test('are deleted, but never the default one', async () => {
    await watcher.persons.create('default', { name: 'Ann' })
    await expect(watcher.collections.delete('default')).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(await watcher.collections.get('default')).toMatchObject({ persons: 1 })
    await expect(watcher.collections.delete('none')).rejects.toMatchObject({
      code: 'collectionNotFound',
    })
  })

  test('are renamed, and searched by the new name only', async () => {
    await watcher.collections.create({ name: 'guests' })
    const images = [{ fileName: 'a.jpg', bytes: image('ann') }]
    await watcher.enroll('guests', { name: 'Ann' }, images)
    const match = { faces: [{ decision: 'match' }] }
    expect(await watcher.identify('guests', image('ann'))).toMatchObject(match)
    const renamed = await watcher.collections.update('guests', { name: 'visitors' })
    expect(renamed.name).toBe('visitors')
    expect(await watcher.identify('visitors', image('ann'))).toMatchObject({
      ...match,
      collection: 'visitors',
    })
    await expect(watcher.identify('guests', image('ann'))).rejects.toMatchObject({
      code: 'collectionNotFound',
    })
    // The name may be another's now.
    await watcher.collections.create({ name: 'guests' })
    expect(await watcher.identify('guests', image('ann'))).toMatchObject({
      faces: [{ decision: 'unknown' }],
    })
  })

  test('keep the name default, and names that are taken', async () => {
    await watcher.collections.create({ name: 'staff' })
    for (const [name, newName, code] of [
      ['default', 'other', 'forbidden'],
      ['staff', 'default', 'collectionExists'],
      ['staff', 'Staff', 'invalidName'],
      ['none', 'other', 'collectionNotFound'],
    ] as const) {
      await expect(watcher.collections.update(name, { name: newName })).rejects.toMatchObject({
        code,
      })
    }
    // Its own name is no other one.
    expect(await watcher.collections.update('default', { name: 'default' })).toMatchObject({
      name: 'default',
    })
  })

  test('take a threshold by hand and give it back', async () => {
    await watcher.collections.update('default', { policy: { threshold: 0.6 } })
    expect((await watcher.collections.get('default')).thresholds).toMatchObject({
      match: 0.6,
      basis: 'manual',
    })
    await watcher.collections.update('default', { policy: { threshold: undefined } })
    expect((await watcher.collections.get('default')).policy).toHaveProperty('threshold', 0.6)
    await watcher.collections.update('default', { policy: { threshold: null } })
    const { policy, thresholds } = await watcher.collections.get('default')
    expect(policy).not.toHaveProperty('threshold')
    expect(thresholds.basis).toBe('fmrCurve')
  })

  test('give back every value of a policy, as a new collection would have it', async () => {
    const { policy: fresh } = await watcher.collections.create({ name: 'fresh' })
    await watcher.collections.update('default', {
      policy: {
        ...{ maxFpir: 0.02, possibleFpir: 0.2, threshold: 0.7, possibleThreshold: 0.6 },
        ...{ probeShift: 'strict', galleryShift: true },
      },
    })
    const { policy } = await watcher.collections.update('default', {
      policy: {
        ...{ maxFpir: null, possibleFpir: null, threshold: null, possibleThreshold: null },
        ...{ probeShift: null, galleryShift: null },
      },
    })
    expect(policy).toEqual(fresh)
  })

  test('keep a threshold by hand that a model without a curve cannot do without', async () => {
    await watcher.collections.create({ name: 'a', modelId: 'bare', policy: { threshold: 0.5 } })
    await expect(
      watcher.collections.update('a', { policy: { threshold: null } }),
    ).rejects.toMatchObject({ code: 'invalidOption' })
    expect((await watcher.collections.get('a')).policy.threshold).toBe(0.5)
  })

  test('answer how alike their people are once it was measured, and what that does', async () => {
    const alike = createUseCases(withDifficulty(deps, 0.08))
    await alike.enroll('default', { name: 'Ann' }, [{ fileName: 'a', bytes: image('ann') }])
    expect(await alike.collections.get('default')).not.toHaveProperty('difficulty')
    const waited = await alike.collections.get('default', { difficulty: 'wait' })
    expect(waited.difficulty).toMatchObject({ persons: 100, pairs: 4950, times: 4, shift: 0.08 })
    // One face: the threshold has a rate of 1e-4, 0.08 below it the curve's is 10^0.8 times that.
    expect(waited.difficulty?.expectedFpir).toBeCloseTo(1e-4 * 10 ** 0.8, 9)
    expect(await alike.collections.get('default')).toEqual(waited)
    const plain = await alike.collections.get('default', { difficulty: 'none' })
    expect(plain).not.toHaveProperty('difficulty')
  })

  test('are not measured without a curve', async () => {
    const alike = createUseCases(withDifficulty(deps, 0.08))
    await alike.collections.create({ name: 'a', modelId: 'bare', policy: { threshold: 0.5 } })
    const got = await alike.collections.get('a', { difficulty: 'wait' })
    expect(got).not.toHaveProperty('difficulty')
  })

  test.each([
    [{ name: 'a', policy: { threshold: -1 } }, 'invalidOption'],
    [{ name: 'a', policy: { maxFpir: 0.5 } }, 'invalidOption'],
    [{ name: 'a', modelId: 'none' }, 'unknownModel'],
    [{ name: 'a', modelId: 'bare' }, 'invalidOption'],
    [{ name: 'default' }, 'collectionExists'],
  ])('refuse %j', async (input, code) => {
    await expect(watcher.collections.create(input)).rejects.toMatchObject({ code })
  })

  test('accept a model without a curve with a threshold by hand', async () => {
    const policy = { threshold: 0.5 }
    await watcher.collections.create({ name: 'a', modelId: 'bare', policy })
    expect((await watcher.collections.get('a')).thresholds).toMatchObject({ possible: 0.5 })
  })
})

describe('faces', () => {
  test('are found by their image, and deleted by their id', async () => {
    const images = [{ fileName: 'a.jpg', bytes: image('ann') }]
    const { person, faces } = await watcher.enroll('default', { name: 'Ann' }, images)
    const faceId = faces[0]!.face.id
    const hash = faces[0]!.face.imageHash
    expect(await watcher.faces.findByImage('default', hash)).toHaveLength(1)
    await watcher.faces.delete('default', faceId)
    expect(await watcher.persons.get('default', person!.id)).toMatchObject({ faceCount: 0 })
    await expect(watcher.faces.get('default', faceId)).rejects.toMatchObject({
      code: 'faceNotFound',
    })
  })
})

describe('index', () => {
  test('names the collection in its report', async () => {
    expect(await watcher.index.verify('default')).toMatchObject({ collection: 'default' })
  })
})

describe('models and status', () => {
  test('list every model with its state', async () => {
    const models = await watcher.models()
    expect(models.map(({ id, isDefault }) => [id, isDefault])).toEqual([
      ['fake', true],
      ['bare', false],
      ['longer', false],
      ['mtcnn', true],
    ])
    expect(models[0]?.lfwAccuracy).toBeUndefined()
  })

  test('is ready when models and index are there', async () => {
    expect(await watcher.status()).toMatchObject({ ready: true, reasons: [], collections: 1 })
  })

  test.each([
    [undefined, /^The index is being loaded\.$/],
    [
      new FaceError('indexUnavailable', { detail: 'Check index.milvus.address.' }),
      /Check index\.milvus\.address/,
    ],
    [new Error('at /home/user'), /^The index could not be loaded; the log says why\.$/],
    [new FaceError('workerFailed', { detail: '/home' }), /^The index could not be loaded; the log/],
  ])('says why the index is not there: %s', async (failure, reason) => {
    const stats = async () => ({ ...(await deps.gallery.stats()), ready: false, failure })
    const gallery = { ...deps.gallery, stats, health: stats }
    const waiting = createUseCases({ ...deps, gallery })
    for (const { reasons } of [await waiting.status(), await waiting.readiness()]) {
      expect(reasons).toEqual([expect.stringMatching(reason)])
    }
  })

  test('is not ready without a worker that analyses images', async () => {
    const stats = () => ({ ...deps.analyzer.stats(), workers: 0 })
    const deserted = createUseCases({ ...deps, analyzer: { ...deps.analyzer, stats } })
    const reasons = [expect.stringMatching(/^No worker that analyses images runs/)]
    expect(await deserted.status()).toMatchObject({ ready: false, reasons })
  })

  test('names what is missing', async () => {
    const down = () => Promise.reject(new Error('down'))
    const gallery = { ...deps.gallery, stats: down, health: down }
    const broken = createUseCases({ ...deps, gallery, isInstalled: async (id) => id !== 'fake' })
    for (const { reasons } of [await broken.status(), await broken.readiness()]) {
      expect(reasons).toEqual(['The model fake is not installed.', 'The gallery cannot be read.'])
    }
  })
})

describe('close', () => {
  test('closes every stage even when one fails', async () => {
    const closed: string[] = []
    const failing = createUseCases({
      ...deps,
      analyzer: { ...deps.analyzer, close: () => Promise.reject(new Error('stuck')) },
      gallery: {
        ...deps.gallery,
        close: async () => {
          closed.push('gallery')
        },
      },
      store: {
        ...deps.store,
        close: async () => {
          closed.push('store')
        },
      },
    })
    await expect(failing.close()).rejects.toThrow('stuck')
    expect(closed).toEqual(['gallery', 'store'])
  })
})

describe('for a caller', () => {
  const actor = { kind: 'apiKey', id: 'k1', name: 'door' } as const

  test('what looks at images ends with the caller, unless a call says otherwise', async () => {
    const { signal } = new AbortController()
    const caller = watcher.as({ actor, signal })
    await caller.detect(image('ann'))
    await caller.embed(image('ann'))
    const images = [{ fileName: 'a', bytes: image('ann') }]
    await caller.enroll('default', { name: 'Ann' }, images)
    await caller.identify('default', image('ann'))
    await caller.verify(image('ann'), { image: image('ann') })
    const { calls } = deps.analyzer
    expect(calls.length).toBeGreaterThanOrEqual(6)
    for (const { options } of calls) expect(options.signal).toBe(signal)
    const own = new AbortController().signal
    await caller.detect(image('ann'), { signal: own })
    expect(calls.at(-1)?.options.signal).toBe(own)
    await watcher.detect(image('ann'))
    expect(calls.at(-1)?.options.signal).toBeUndefined()
  })

  test('a collection of another model takes the first image after the one of its name was deleted', async () => {
    const useCases = createUseCases(deps)
    const policy = { threshold: 0.5 }
    for (const modelId of ['fake', 'bare', 'fake']) {
      await useCases.collections.create({ name: 'again', modelId, policy })
      // The analyzer keeps what it is given.
      const found = await useCases.as({ actor }).identify('again', image('ann'))
      expect(found.modelId).toBe(modelId)
      await useCases.as({ actor }).collections.delete('again')
    }
  })

  test('a collection is remembered from request to request, but not for who may not reach it', async () => {
    let reads = 0
    const bound = createUseCases({
      ...deps,
      gallery: {
        ...deps.gallery,
        as(caller) {
          const ports = deps.gallery.as(caller)
          const get: typeof ports.collections.get = (name) => {
            reads++
            return ports.collections.get(name)
          }
          return { ...ports, collections: { ...ports.collections, get } }
        },
      },
    })
    const { id } = await bound.persons.create('default', { name: 'Ann' })
    await bound.enroll('default', id, [{ fileName: 'a', bytes: image('ann') }])
    await bound.as({ actor }).identify('default', image('ann'))
    expect(reads).toBe(1)
    await bound.as({ actor }).identify('default', image('ann'))
    expect(reads).toBe(1)
    const other = bound.as({ actor, collectionIds: ['other'] })
    await expect(other.identify('default', image('ann'))).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(reads).toBe(2)
  })

  test('everything goes to the gallery of the caller', async () => {
    const callers: unknown[] = []
    const { gallery: theirs } = await createFakeDependencies()
    await theirs.collections.create({
      ...(await watcher.collections.get('default')),
      name: 'theirs',
    })
    const bound = createUseCases({
      ...deps,
      gallery: {
        ...deps.gallery,
        as(caller) {
          callers.push(caller)
          return theirs
        },
      },
    })
    const caller = bound.as({ actor, requestId: 'r1', collectionIds: ['c1'] })
    const { id } = await caller.persons.create('theirs', { name: 'Ann' })
    await caller.enroll('theirs', id, [{ fileName: 'a', bytes: image('ann') }])
    expect((await caller.collections.list()).items.map(({ name }) => name)).toEqual([
      'default',
      'theirs',
    ])
    expect(await caller.persons.get('theirs', id)).toMatchObject({ faceCount: 1 })
    expect(callers).toEqual([{ actor, requestId: 'r1', collectionIds: ['c1'] }])
    await expect(bound.persons.list('theirs')).rejects.toMatchObject({ code: 'collectionNotFound' })
    expect((await caller.as({ actor }).collections.list()).items).toHaveLength(2)
    expect(callers).toHaveLength(2)
  })
})

describe('a person of a name that is there', () => {
  const images = (text: string) => [{ fileName: text, bytes: image(text) }]
  const names = async () => {
    const { items } = await watcher.persons.list('default')
    return items.map(({ name, faceCount }) => `${name} ${faceCount}`)
  }

  test('is reused when asked for, by calls at once too', async () => {
    const ann = { name: 'Ann', ifExists: 'reuse' } as const
    await Promise.all(
      ['ann', 'ann~0.9', 'ann~0.8'].map((t) => watcher.enroll('default', ann, images(t))),
    )
    const [first, second] = await Promise.all([
      watcher.persons.create('default', { name: 'Bob', ifExists: 'reuse' }),
      watcher.persons.create('default', { name: 'Bob', ifExists: 'reuse' }),
    ])
    expect(second.id).toBe(first.id)
    expect(await names()).toEqual(['Ann 3', 'Bob 0'])
  })

  test('goes on to be made where an enrolment before made nobody', async () => {
    const ann = { name: 'Ann', ifExists: 'reuse' } as const
    const calls = ['(none)', '(overloaded)', 'ann'].map((t) =>
      watcher.enroll('default', ann, images(t)),
    )
    await Promise.allSettled(calls)
    expect(await names()).toEqual(['Ann 1'])
  })

  test('is made once more by default, and then not told apart', async () => {
    await watcher.persons.create('default', { name: 'Ann' })
    await watcher.persons.create('default', { name: 'Ann', ifExists: 'create' })
    const reuse = { name: 'Ann', ifExists: 'reuse' } as const
    for (const run of [
      () => watcher.persons.create('default', reuse),
      () => watcher.enroll('default', reuse, images('ann')),
    ]) {
      await expect(run()).rejects.toMatchObject({ code: 'invalidOption' })
    }
    expect(await names()).toEqual(['Ann 0', 'Ann 0'])
  })
})
