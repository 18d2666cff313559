import { beforeEach, describe, expect, test, vi } from 'vitest'
import {
  createFakeDependencies,
  type FakeDependencies,
  fakeEmbedding,
  image,
  withDifficulty,
} from '../../test/helpers/fake-recognition.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: FakeDependencies
let watcher: FaceWatcher
beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
})

const files = (...texts: readonly string[]) =>
  texts.map((text, i) => ({ fileName: `${i}.jpg`, bytes: image(text) }))
const ann = { name: 'Ann', metadata: { team: 'a' } }

describe('enroll', () => {
  test('creates a person with a face from each image, in order', async () => {
    const result = await watcher.enroll('default', ann, files('ann', 'ann~0.9', 'ann~0.8'))
    expect(result.person).toMatchObject({ name: 'Ann', metadata: { team: 'a' }, faceCount: 3 })
    expect(result.faces.map((face) => face.fileName)).toEqual(['0.jpg', '1.jpg', '2.jpg'])
    expect(result.faces.every((face) => !face.alreadyEnrolled && face.warnings.length === 0)).toBe(
      true,
    )
    expect(result.rejected).toEqual([])
    expect(result.timings).toMatchObject({ queueMs: 3, embedMs: 15 })
  })

  test('stores the hash of the file', async () => {
    const { faces } = await watcher.enroll('default', ann, files('ann'))
    const expected = await crypto.subtle.digest('SHA-256', image('ann') as Uint8Array<ArrayBuffer>)
    expect(faces[0]?.face.imageHash).toBe(Buffer.from(expected).toString('hex'))
  })

  test('hashes one file at a time, since each is copied on the event loop', async () => {
    const digest = crypto.subtle.digest.bind(crypto.subtle)
    let running = 0
    let most = 0
    const spy = vi.spyOn(crypto.subtle, 'digest').mockImplementation(async (...args) => {
      most = Math.max(most, ++running)
      const hash = await digest(...args)
      running--
      return hash
    })
    try {
      await watcher.enroll('default', ann, files('ann', 'ann~0.9', 'ann~0.8'))
    } finally {
      spy.mockRestore()
    }
    expect(most).toBe(1)
  })

  test('takes the good images and says why the others were not taken', async () => {
    const result = await watcher.enroll(
      'default',
      ann,
      files('(none)', 'ann bob', 'ann!blurred', '(corrupt)', '(fault)', 'ann'),
    )
    expect(result.faces.map((face) => face.fileName)).toEqual(['5.jpg'])
    expect(result.rejected.map(({ fileName, reasons }) => [fileName, ...reasons])).toEqual([
      ['0.jpg', 'noFace'],
      ['1.jpg', 'multipleFaces'],
      ['2.jpg', 'tooBlurred'],
      ['3.jpg', 'corruptImage'],
      ['4.jpg', 'fault'],
    ])
    expect(result.rejected[2]?.message).toBe(
      'The face is blurred: sharpness 1, at least 20 is needed.',
    )
  })

  test('creates nobody when nothing is usable', async () => {
    const result = await watcher.enroll('default', ann, files('(none)'))
    expect(result.person).toBeUndefined()
    expect((await watcher.status()).persons).toBe(0)
  })

  test('takes the largest face when asked to', async () => {
    const result = await watcher.enroll('default', ann, files('ann bob'), { faces: 'largest' })
    expect(result.faces.length).toBe(1)
  })

  test('leaves quality gates out when asked to', async () => {
    const options = { skipQualityGates: true }
    const result = await watcher.enroll('default', ann, files('ann!blurred'), options)
    expect(result.faces.length).toBe(1)
  })

  test('rejects a face that cannot be compared, even without quality gates', async () => {
    for (const options of [{}, { skipQualityGates: true }]) {
      const result = await watcher.enroll('default', ann, files('ann!rotated'), options)
      expect(result.faces).toEqual([])
      expect(result.rejected).toMatchObject([
        {
          reasons: ['rotated'],
          message: 'The face stands on its side or its head: turn the picture upright.',
        },
      ])
    }
  })

  test('says by how much a photograph was turned to be read', async () => {
    const first = await watcher.enroll('default', ann, files('ann', 'bob!turned'))
    expect(first.faces.map(({ turned }) => turned)).toEqual([0, 90])
    // It is not read again.
    const again = await watcher.enroll('default', first.person!.id, files('bob!turned'))
    expect(again.faces[0]).not.toHaveProperty('turned')
  })

  test('warns of a weak photograph, also beside a duplicate, and enrols it', async () => {
    const weak = {
      reason: 'weakPhotograph',
      message:
        'The photograph is weak (blurred, dark, turned away or partly covered): this person may be missed more often. Add a better one.',
    }
    const first = await watcher.enroll('default', ann, files('ann!weak', 'ann~0.9'))
    expect(first.faces.map(({ warnings }) => warnings)).toEqual([[weak], []])
    const second = await watcher.enroll('default', { name: 'Bob' }, files('ann~0.8!weak'))
    expect(second.faces[0]?.warnings).toMatchObject([{ reason: 'duplicateOfOtherPerson' }, weak])
    // It is a duplicate that is rejected, never a weak photograph.
    const options = { duplicates: 'reject' } as const
    const third = await watcher.enroll('default', { name: 'Cy' }, files('cy!weak'), options)
    expect(third.faces[0]?.warnings).toEqual([weak])
  })

  test('hints at a second photograph while the person has one', async () => {
    const hint = {
      reason: 'onePhotograph',
      message:
        'One photograph of this person. A second one about halves how often the person is missed.',
    }
    expect((await watcher.enroll('default', ann, files('(none)'))).hints).toEqual([])
    const { person, hints } = await watcher.enroll('default', ann, files('ann', 'ann'))
    expect(hints).toEqual([hint])
    const again = (...texts: string[]) => watcher.enroll('default', person!.id, files(...texts))
    expect((await again('ann')).hints).toEqual([hint])
    expect((await again('(none)')).hints).toEqual([hint])
    expect((await again('ann~0.9')).hints).toEqual([])
  })

  test('answers a photograph that the person has already, without analysing it', async () => {
    const first = await watcher.enroll('default', ann, files('ann'))
    const calls = deps.analyzer.calls.length
    const again = await watcher.enroll('default', first.person!.id, files('ann'))
    expect(again.faces[0]).toMatchObject({ alreadyEnrolled: true, face: first.faces[0]!.face })
    expect(again.person?.faceCount).toBe(1)
    expect(deps.analyzer.calls.length).toBe(calls)
  })

  test('examines equal files of one request once', async () => {
    const result = await watcher.enroll('default', ann, files('ann', 'ann', '(none)', '(none)'))
    expect(deps.analyzer.calls.length).toBe(2)
    expect(result.faces.map((face) => face.alreadyEnrolled)).toEqual([false, true])
    expect(result.rejected.length).toBe(2)
  })

  test('warns of another person with this face', async () => {
    const bob = await watcher.enroll('default', { name: 'Bob' }, files('bob'))
    const result = await watcher.enroll('default', ann, files('bob~0.7'))
    expect(result.faces[0]?.warnings).toEqual([
      {
        reason: 'duplicateOfOtherPerson',
        personId: bob.person?.id,
        personName: 'Bob',
        similarity: expect.closeTo(0.7, 6),
      },
    ])
  })

  test('does not warn of the person itself', async () => {
    const first = await watcher.enroll('default', ann, files('ann'))
    const more = await watcher.enroll('default', first.person!.id, files('ann~0.9'))
    expect(more.faces[0]?.warnings).toEqual([])
  })

  test('does not warn below the match threshold', async () => {
    await watcher.enroll('default', { name: 'Bob' }, files('bob'))
    const result = await watcher.enroll('default', ann, files('bob~0.39'))
    expect(result.faces[0]?.warnings).toEqual([])
  })

  test('needs more for a duplicate where the people of the gallery are alike and its policy says so', async () => {
    const alike = createUseCases(withDifficulty(deps, 0.08))
    await alike.enroll('default', { name: 'Bob' }, files('bob'))
    const rejectedFor = async (text: string) => {
      const result = await alike.enroll('default', ann, files(text), { duplicates: 'reject' })
      return result.rejected.flatMap(({ reasons }) => reasons)
    }
    expect(await rejectedFor('bob~0.45')).toEqual(['duplicateOfOtherPerson'])
    await alike.collections.update('default', { policy: { galleryShift: true } })
    // An enrolment does not wait for the measurement.
    expect(await rejectedFor('bob~0.45')).toEqual(['duplicateOfOtherPerson'])
    await alike.collections.get('default', { difficulty: 'wait' })
    expect(await rejectedFor('bob~0.55')).toEqual(['duplicateOfOtherPerson'])
    expect(await rejectedFor('bob~0.45')).toEqual([])
  })

  test('rejects or ignores duplicates when asked to', async () => {
    await watcher.enroll('default', { name: 'Bob' }, files('bob'))
    const rejected = await watcher.enroll('default', ann, files('bob~0.7', 'ann'), {
      duplicates: 'reject',
    })
    expect(rejected.rejected[0]?.reasons).toEqual(['duplicateOfOtherPerson'])
    expect(rejected.faces.map((face) => face.fileName)).toEqual(['1.jpg'])
    const ignored = await watcher.enroll('default', ann, files('bob~0.7'), { duplicates: 'ignore' })
    expect(ignored.faces[0]?.warnings).toEqual([])
  })

  test('analyses as many images at a time as there are workers', async () => {
    await watcher.enroll(
      'default',
      ann,
      files(...Array.from({ length: 9 }, (_, i) => `ann~0.${i + 1}`)),
    )
    expect(deps.analyzer.concurrency.highest).toBe(2)
  })

  test('stores nothing when the request as a whole fails', async () => {
    const images = files('ann', '(overloaded)', 'ann~0.9', 'ann~0.8')
    await expect(watcher.enroll('default', ann, images)).rejects.toMatchObject({
      code: 'overloaded',
    })
    expect((await watcher.status()).faces).toBe(0)
  })

  test('asks for crops where the collection stores them', async () => {
    await watcher.collections.update('default', { storeCrops: true })
    const { faces } = await watcher.enroll('default', ann, files('ann'))
    expect(faces[0]?.face.hasCrop).toBe(true)
  })

  test.each([
    ['none', ann, files('ann'), 'collectionNotFound'],
    ['default', 'person9', files('ann'), 'personNotFound'],
    ['default', { name: '' }, files('ann'), 'invalidName'],
    ['default', ann, [], 'missingImage'],
  ] as const)('refuses %s, %j', async (collection, person, images, code) => {
    await expect(watcher.enroll(collection, person, images)).rejects.toMatchObject({ code })
    expect(deps.analyzer.calls.length).toBe(0)
  })
})

describe('enroll from embeddings', () => {
  const embedding = (word: string, scale = 1) => ({
    fileName: word,
    embedding: fakeEmbedding(word).map((value) => value * scale),
    modelId: 'fake',
  })

  test('stores a face without an image, which is found like any other', async () => {
    const result = await watcher.enroll('default', ann, [embedding('ann', 7), embedding('ann~0.9')])
    expect(result.person).toMatchObject({ name: 'Ann', faceCount: 2 })
    expect(result.faces.map(({ fileName }) => fileName)).toEqual(['ann', 'ann~0.9'])
    expect(deps.analyzer.calls).toEqual([])
    for (const { face, ...answer } of result.faces) {
      expect(answer).not.toHaveProperty('turned')
      for (const key of ['quality', 'box', 'landmarks']) expect(face).not.toHaveProperty(key)
      expect(await watcher.faces.get('default', face.id)).toEqual(face)
    }
    const [found] = (await watcher.identify('default', image('ann'))).faces
    expect(found).toMatchObject({ decision: 'match', candidates: [{ personName: 'Ann' }] })
  })

  test('answers the stored embedding, with which a face can be enrolled again', async () => {
    const { faces } = await watcher.enroll('default', ann, files('ann~0.9'))
    const stored = await watcher.faces.embedding('default', faces[0]!.face.id)
    expect(stored).toEqual({
      ...{ faceId: faces[0]!.face.id, modelId: 'fake' },
      embedding: fakeEmbedding('ann~0.9'),
    })
    await watcher.collections.create({ name: 'other' })
    const again = await watcher.enroll('other', ann, [{ fileName: 'a', ...stored }])
    const copy = await watcher.faces.embedding('other', again.faces[0]!.face.id)
    expect(copy.embedding).toEqual(stored.embedding)
    await expect(watcher.faces.embedding('other', stored.faceId)).rejects.toMatchObject({
      code: 'faceNotFound',
    })
  })

  test('stores the same embedding once, whatever its length', async () => {
    const first = await watcher.enroll('default', ann, [embedding('ann'), embedding('ann', 2)])
    expect(first.faces.map(({ alreadyEnrolled }) => alreadyEnrolled)).toEqual([false, true])
    const again = await watcher.enroll('default', first.person!.id, [embedding('ann', 3)])
    expect(again.faces).toMatchObject([{ alreadyEnrolled: true, face: first.faces[0]!.face }])
  })

  test('looks for duplicates', async () => {
    await watcher.enroll('default', ann, files('ann'))
    const rejected = await watcher.enroll('default', { name: 'Bob' }, [embedding('ann')], {
      duplicates: 'reject',
    })
    expect(rejected.rejected).toMatchObject([{ reasons: ['duplicateOfOtherPerson'] }])
  })

  test('enrols images beside embeddings', async () => {
    const result = await watcher.enroll('default', ann, [...files('ann'), embedding('ann~0.9')])
    expect(result.faces.map(({ face }) => face.quality !== undefined)).toEqual([true, false])
  })

  test('refuses as a whole what is no embedding of the collection', async () => {
    const good = embedding('ann')
    for (const [wrong, code] of [
      [{ ...good, modelId: 'other' }, 'modelMismatch'],
      [{ ...good, embedding: new Float32Array(7).fill(1) }, 'dimensionMismatch'],
      [{ ...good, embedding: new Float32Array(8) }, 'invalidEmbedding'],
      [{ ...good, embedding: new Float32Array(8).fill(Number.NaN) }, 'invalidEmbedding'],
    ] as const) {
      await expect(watcher.enroll('default', ann, [good, wrong])).rejects.toMatchObject({ code })
    }
    expect((await watcher.status()).persons).toBe(0)
  })
})

describe('quality gates of a collection', () => {
  test('are asked for instead of the configured ones, each alone', async () => {
    await watcher.collections.update('default', { qualityGates: { minSharpness: 'off' } })
    expect((await watcher.enroll('default', ann, files('ann!blurred'))).faces).toHaveLength(1)
    await watcher.collections.update('default', { qualityGates: { minSizePx: 101 } })
    const small = await watcher.enroll('default', ann, files('bob!blurred'))
    expect(small.rejected).toMatchObject([
      {
        reasons: ['faceTooSmall'],
        message: 'The face is 100 px wide or high; at least 101 px are needed.',
      },
    ])
  })

  test('are taken back with null', async () => {
    const strict = { minSizePx: 101, minSharpness: 'off' } as const
    await watcher.collections.create({ name: 'strict', qualityGates: strict })
    const eased = await watcher.collections.update('strict', { qualityGates: { minSizePx: null } })
    expect(eased.qualityGates).toEqual({ minSharpness: 'off' })
    const none = await watcher.collections.update('strict', {
      qualityGates: { minSharpness: null },
    })
    expect(none).not.toHaveProperty('qualityGates')
    const { rejected } = await watcher.enroll('strict', ann, files('ann!blurred'))
    expect(rejected).toMatchObject([{ reasons: ['tooBlurred'] }])
  })

  test('are refused when there is no such gate or limit', async () => {
    for (const qualityGates of [
      { minSizePx: -1 },
      { minSizePx: Number.NaN },
      { minSizePx: Number.POSITIVE_INFINITY },
      { maxBrightness: 1.1 },
      { minSizePx: 'on' },
      { constructor: 1 },
    ]) {
      await expect(
        watcher.collections.update('default', { qualityGates: qualityGates as never }),
      ).rejects.toMatchObject({ code: 'invalidOption' })
    }
  })
})
