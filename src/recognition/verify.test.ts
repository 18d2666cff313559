import { beforeEach, describe, expect, test } from 'vitest'
import {
  createFakeDependencies,
  fakeJudge,
  image,
  withDifficulty,
} from '../../test/helpers/fake-recognition.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let watcher: FaceWatcher
beforeEach(async () => {
  watcher = createUseCases(await createFakeDependencies())
})

const enroll = async (...texts: readonly string[]) => {
  const images = texts.map((text) => ({ fileName: text, bytes: image(text) }))
  return watcher.enroll('default', { name: 'Ann' }, images)
}

describe('verify', () => {
  test('compares two images', async () => {
    const result = await watcher.verify(image('ann'), { image: image('ann~0.45') })
    expect(result).toMatchObject({ match: true, modelId: 'fake', fmrExtrapolated: false })
    expect(result.similarity).toBeCloseTo(0.45, 6)
    expect(result.threshold).toBeCloseTo(0.4, 6)
    expect(result.faceId).toBeUndefined()
    expect(result.timings.detectMs).toBe(6)
  })

  test('never matches a face that cannot be compared, on either side', async () => {
    const first = await watcher.verify(image('ann!rotated'), { image: image('ann') })
    expect(first).toMatchObject({ match: false, decision: 'undetermined', similarity: 1 })
    expect(first.reasons).toEqual({ probe: ['rotated'], reference: [] })
    const second = await watcher.verify(image('ann'), { image: image('ann!rotated') })
    expect(second).toMatchObject({ match: false, decision: 'undetermined' })
    expect(second.reasons).toEqual({ probe: [], reference: ['rotated'] })
  })

  test('needs more similarity from two faces that share damage', async () => {
    const deps = await createFakeDependencies()
    const models = deps.models.map((model) => ({ ...model, judge: fakeJudge }))
    const judged = createUseCases({ ...deps, models })
    const alike = await judged.verify(image('ann~0.5'), { image: image('bob~0.5') })
    expect(alike).toMatchObject({ match: false, decision: 'noMatch' })
    expect(alike.threshold).toBe(1)
    expect((await judged.verify(image('ann~0.5'), { image: image('ann') })).match).toBe(true)
    const byHand = await judged.verify(
      image('ann~0.5'),
      { image: image('bob~0.5') },
      { threshold: 0.7 },
    )
    expect(byHand.match).toBe(true)
  })

  test('asks for more where the people of the collection are alike and its policy says so', async () => {
    const alike = createUseCases(withDifficulty(await createFakeDependencies(), 0.08))
    const images = [{ fileName: 'a.jpg', bytes: image('ann') }]
    const { person } = await alike.enroll('default', { name: 'Ann' }, images)
    const target = { collection: 'default', personId: person!.id }
    const verify = (options = {}) => alike.verify(image('ann~0.45'), target, options)
    const before = await verify()
    expect(before).toMatchObject({ match: true })
    await alike.collections.update('default', { policy: { galleryShift: true } })
    // The first one waits for the measurement.
    const after = await verify()
    expect(after).toMatchObject({ match: false, decision: 'noMatch' })
    expect(after.threshold).toBeCloseTo(before.threshold + 0.08, 9)
    expect(after.fmr).toBeGreaterThan(before.fmr as number)
    expect(await verify()).toMatchObject({ threshold: after.threshold })
    expect(await verify({ threshold: 0.44 })).toMatchObject({ match: true, threshold: 0.44 })
    const images2 = await alike.verify(image('ann'), { image: image('ann~0.45') })
    expect(images2.threshold).toBeCloseTo(before.threshold, 9)
  })

  test('tells strangers apart, at the rate or threshold asked for', async () => {
    const other = () => ({ image: image('ann~0.35') })
    expect((await watcher.verify(image('ann'), other())).match).toBe(false)
    expect((await watcher.verify(image('ann'), other(), { maxFmr: 1e-3 })).match).toBe(true)
    expect((await watcher.verify(image('ann'), other(), { threshold: 0.34 })).match).toBe(true)
    expect((await watcher.verify(image('ann'), other(), { threshold: 0.36 })).match).toBe(false)
  })

  test('compares with all faces of a person and names the nearest', async () => {
    const { person, faces } = await enroll('ann~0.5', 'ann~0.9', 'ann~0.6')
    const target = { collection: 'default', personId: person!.id }
    const result = await watcher.verify(image('ann'), target)
    expect(result.similarity).toBeCloseTo(0.9, 6)
    expect(result.faceId).toBe(faces[1]?.face.id)
    // Three comparisons share the rate of one.
    expect(result.threshold).toBeGreaterThan(0.44)
  })

  test('compares with one stored face', async () => {
    const { faces } = await enroll('ann~0.5', 'ann~0.9')
    const faceId = faces[0]!.face.id
    const result = await watcher.verify(image('ann'), { collection: 'default', faceId })
    expect(result.similarity).toBeCloseTo(0.5, 6)
  })

  test('expects one face in each image, or takes the largest', async () => {
    const first = watcher.verify(image('ann bob'), { image: image('ann') })
    await expect(first).rejects.toMatchObject({ code: 'multipleFaces', info: { faces: 2 } })
    const second = watcher.verify(image('ann'), { image: image('(none)') })
    await expect(second).rejects.toThrow(/second image/)
    const options = { faces: 'largest' as const }
    const largest = await watcher.verify(image('ann bob'), { image: image('ann') }, options)
    expect(largest.match).toBe(true)
  })

  test('works with a model without a curve when a threshold is given', async () => {
    const options = { modelId: 'bare', threshold: 0.5 }
    const result = await watcher.verify(image('ann'), { image: image('ann') }, options)
    expect(result.match).toBe(true)
    expect(result.fmr).toBeUndefined()
    await expect(
      watcher.verify(image('ann'), { image: image('ann') }, { modelId: 'bare' }),
    ).rejects.toThrow(/No FMR curve/)
  })

  test.each([
    [{ image: image('ann') }, { maxFmr: 0 }, 'invalidOption'],
    [{ image: image('ann') }, { threshold: -0.1 }, 'invalidOption'],
    [{ image: image('ann') }, { modelId: 'none' }, 'unknownModel'],
    [{ collection: 'none', personId: 'p' }, {}, 'collectionNotFound'],
    [{ collection: 'default', personId: 'p' }, {}, 'personNotFound'],
    [{ collection: 'default', faceId: 'f' }, {}, 'faceNotFound'],
    [{ collection: 'default', faceId: 'f' }, { modelId: 'bare' }, 'modelMismatch'],
  ] as const)('refuses %j with %j', async (target, options, code) => {
    await expect(watcher.verify(image('ann'), target, options)).rejects.toMatchObject({ code })
  })

  test('says when a person has no face', async () => {
    const person = await watcher.persons.create('default', { name: 'Bob' })
    const target = { collection: 'default', personId: person.id }
    await expect(watcher.verify(image('ann'), target)).rejects.toThrow(/no enrolled face/)
  })
})
