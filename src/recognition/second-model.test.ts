import { beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../../test/helpers/expect-code.ts'
import {
  createFakeDependencies,
  type FakeDependencies,
  image,
  otherDimension,
} from '../../test/helpers/fake-recognition.ts'
import { FaceError } from '../core/errors.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: FakeDependencies
let watcher: FaceWatcher
beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
  await watcher.collections.update('default', { storeCrops: true })
})

const { signal } = new AbortController()
const enroll = (name: string, word: string) =>
  watcher.enroll('default', { name }, [{ fileName: `${word}.jpg`, bytes: image(word) }])
const find = async (word: string) => {
  const { modelId, faces } = await watcher.identify('default', image(word))
  const [face] = faces
  return { modelId, decision: face?.decision, name: face?.candidates[0]?.personName }
}
const begin = () => watcher.secondModel.begin('default', { modelId: 'longer' })

async function fillAll(): Promise<{ filled: number; unfilled: number }> {
  let [filled, unfilled] = [0, 0]
  let after: string | undefined
  do {
    const part = await watcher.secondModel.fill('default', { after })
    filled += part.filled
    unfilled += part.unfilled.length
    after = part.next
  } while (after !== undefined)
  return { filled, unfilled }
}

describe('a second model', () => {
  test('is begun with the policy of the collection, but for thresholds set by hand', async () => {
    await watcher.collections.update('default', { policy: { maxFpir: 0.02, threshold: 0.6 } })
    const begun = await begin()
    expect(begun).toMatchObject({ modelId: 'fake', policy: { threshold: 0.6 } })
    expect(begun.second).toMatchObject({ modelId: 'longer', dimension: otherDimension })
    expect(begun.second?.policy).toEqual({ maxFpir: 0.02, possibleFpir: 0.1 })
    const policy = { maxFpir: 0.05, threshold: 0.7 }
    await watcher.secondModel.end('default', 'longer')
    const again = await watcher.secondModel.begin('default', { modelId: 'longer', policy })
    expect(again.second?.policy).toEqual({ ...policy, possibleFpir: 0.1 })
  })

  test('is refused where it is unknown, not installed, without a curve, or in use', async () => {
    const { secondModel } = watcher
    await expectCode(secondModel.begin('none', { modelId: 'longer' }), 'collectionNotFound')
    await expectCode(secondModel.begin('default', { modelId: 'x' }), 'unknownModel')
    await expectCode(secondModel.begin('default', { modelId: 'bare' }), 'invalidOption')
    await expectCode(secondModel.begin('default', { modelId: 'fake' }), 'modelConflict')
    const bare = createUseCases({ ...deps, isInstalled: async () => false })
    await expectCode(bare.secondModel.begin('default', { modelId: 'longer' }), 'modelNotInstalled')
    await expectCode(secondModel.fill('default'), 'modelConflict')
    await expectCode(secondModel.compare('default', { signal }), 'modelConflict')
    await expectCode(secondModel.switchTo('default', 'longer'), 'modelConflict')
    await begin()
    await expectCode(secondModel.end('default', 'bare'), 'modelConflict')
    await expectCode(secondModel.erase('default', 'longer'), 'modelConflict')
  })

  test('is filled from crops, answers after the switch, and goes back', async () => {
    await enroll('Ann', 'ann')
    await enroll('Bob', 'bob')
    await begin()
    expect(await find('ann')).toEqual({ modelId: 'fake', decision: 'match', name: 'Ann' })
    expect(await watcher.secondModel.countLacking('default')).toBe(2)
    expect(await fillAll()).toEqual({ filled: 2, unfilled: 0 })
    expect(await fillAll()).toEqual({ filled: 0, unfilled: 0 })
    const switched = await watcher.secondModel.switchTo('default', 'longer')
    expect(switched).toMatchObject({ modelId: 'longer', second: { modelId: 'fake' } })
    // The one that was asked for answers already.
    expect(await watcher.secondModel.switchTo('default', 'longer')).toEqual(switched)
    await find('ann')
    expect(await find('bob')).toEqual({ modelId: 'longer', decision: 'match', name: 'Bob' })
    expect(await find('cy')).toMatchObject({ modelId: 'longer', decision: 'unknown' })
    await watcher.secondModel.switchTo('default', 'fake')
    await find('ann')
    expect(await find('bob')).toEqual({ modelId: 'fake', decision: 'match', name: 'Bob' })
  })

  test('gets embeddings of faces that are enrolled beside it, stored crops or not', async () => {
    await watcher.collections.update('default', { storeCrops: false })
    await begin()
    const { faces } = await enroll('Ann', 'ann')
    expect(faces[0]?.face.hasCrop).toBe(false)
    expect(await watcher.secondModel.countLacking('default')).toBe(0)
    await watcher.secondModel.switchTo('default', 'longer')
    await enroll('Bob', 'bob')
    expect(await find('bob')).toMatchObject({ decision: 'match', name: 'Bob' })
    expect(await find('ann')).toEqual({ modelId: 'longer', decision: 'match', name: 'Ann' })
    await watcher.secondModel.switchTo('default', 'fake')
    await find('ann')
    expect(await find('bob')).toEqual({ modelId: 'fake', decision: 'match', name: 'Bob' })
  })

  test('keeps nobody from being enrolled where it is not installed', async () => {
    await begin()
    deps.analyzer.embedCrop = async () => {
      throw new FaceError('modelNotInstalled')
    }
    await enroll('Ann', 'ann')
    expect(await find('ann')).toMatchObject({ modelId: 'fake', name: 'Ann' })
    expect(await watcher.secondModel.countLacking('default')).toBe(1)
  })

  test('lists faces that it cannot be filled of, and loses none of them', async () => {
    await enroll('Ann', 'ann')
    await watcher.collections.update('default', { storeCrops: false })
    const { person, faces } = await enroll('Bob', 'bob')
    await begin()
    const faceId = faces[0]?.face.id as string
    const part = await watcher.secondModel.fill('default')
    expect(part).toMatchObject({
      filled: 1,
      unfilled: [{ faceId, personId: person?.id, reasons: ['noCrop'] }],
    })
    const refused = watcher.secondModel.switchTo('default', 'longer')
    await expect(refused).rejects.toMatchObject({ code: 'modelConflict', info: { missing: 1 } })
    expect(await find('bob')).toEqual({ modelId: 'fake', decision: 'match', name: 'Bob' })
    await watcher.secondModel.switchTo('default', 'longer', { allowMissing: true })
    await find('ann')
    expect(await find('bob')).toMatchObject({ modelId: 'longer', decision: 'unknown' })
    expect(await watcher.faces.get('default', faceId)).toMatchObject({ missingEmbedding: true })
    await expectCode(watcher.faces.embedding('default', faceId), 'faceNotFound')
    const again = await watcher.enroll('default', person?.id as string, [
      { fileName: 'bob.jpg', bytes: image('bob~0.9') },
    ])
    expect(again.person?.faceCount).toBe(2)
    expect(await find('bob~0.9')).toMatchObject({ modelId: 'longer', name: 'Bob' })
  })

  test('refuses crops that show no face, cannot be compared or cannot be read', async () => {
    const { id, modelId } = await watcher.collections.get('default')
    const { faces } = await enroll('Ann', 'ann')
    const { face } = faces[0]!
    const { embedding } = await watcher.faces.embedding('default', face.id)
    const { quality, box, landmarks } = face
    const crops = ['(none)', '(corrupt)', 'bob!rotated']
    for (const [i, text] of crops.entries()) {
      const imageHash = String(i).repeat(64)
      const crop = { bytes: image(text) }
      const image_ = { quality: quality!, box: box!, landmarks: landmarks! }
      await deps.gallery.faces.add(id, { name: text }, [
        { ...image_, embedding, modelId, imageHash, crop },
      ])
    }
    await begin()
    const { filled, unfilled } = await watcher.secondModel.fill('default')
    expect(filled).toBe(1)
    expect(unfilled.map(({ reasons }) => reasons)).toEqual([
      ['noFace'],
      ['unreadableCrop'],
      ['rotated'],
    ])
  })

  test('fails as a whole for what would meet every crop', async () => {
    const { id, modelId } = await watcher.collections.get('default')
    await enroll('Ann', 'ann')
    const crop = { bytes: image('(fault)') }
    const [face] = (await watcher.faces.list('default')).items
    const { embedding } = await watcher.faces.embedding('default', face!.id)
    const imageHash = '1'.repeat(64)
    await deps.gallery.faces.add(id, { name: 'B' }, [{ embedding, modelId, imageHash, crop }])
    await begin()
    await expectCode(watcher.secondModel.fill('default'), 'workerFailed')
  })

  test('answers a search that began before the switch with the model of then', async () => {
    await enroll('Ann', 'ann')
    await begin()
    await fillAll()
    await find('ann')
    const { analyze } = deps.analyzer
    deps.analyzer.analyze = async (bytes, options) => {
      const analysis = await analyze(bytes, options)
      deps.analyzer.analyze = analyze
      await watcher.secondModel.switchTo('default', 'longer')
      return analysis
    }
    // Its image was given to the analyzer, so it cannot be read again.
    expect(await find('ann')).toEqual({ modelId: 'fake', decision: 'match', name: 'Ann' })
    expect(await find('ann')).toEqual({ modelId: 'longer', decision: 'match', name: 'Ann' })
  })

  test('answers another process, whatever it last knew of the collection', async () => {
    await enroll('Ann', 'ann')
    const other = createUseCases(deps)
    const ask = async (text: string) => {
      const { modelId, faces } = await other.identify('default', image(text))
      return [modelId, faces[0]?.decision]
    }
    // It knows of no second model.
    expect(await ask('ann')).toEqual(['fake', 'match'])
    await begin()
    await fillAll()
    await watcher.secondModel.switchTo('default', 'longer')
    expect(await ask('ann')).toEqual(['fake', 'match'])
    expect(await ask('ann')).toEqual(['longer', 'match'])
    await watcher.secondModel.switchTo('default', 'fake')
    // The image is at fault, not the model.
    await expectCode(other.identify('default', image('(corrupt)')), 'corruptImage')
    expect(await ask('ann')).toEqual(['fake', 'match'])
  })

  test('is known at once to the process that ends the other', async () => {
    await enroll('Ann', 'ann')
    await find('ann')
    await begin()
    await fillAll()
    await watcher.secondModel.switchTo('default', 'longer')
    await watcher.secondModel.end('default', 'fake')
    expect(await find('ann')).toEqual({ modelId: 'longer', decision: 'match', name: 'Ann' })
  })

  test('never lets embeddings of two models meet in a verification', async () => {
    const { faces } = await enroll('Ann', 'ann')
    await begin()
    await fillAll()
    const target = { collection: 'default', faceId: faces[0]?.face.id as string }
    const { analyze } = deps.analyzer
    deps.analyzer.analyze = async (bytes, options) => {
      deps.analyzer.analyze = analyze
      await watcher.secondModel.switchTo('default', 'longer')
      return analyze(bytes, options)
    }
    const first = await watcher.verify(image('ann'), target)
    expect(first).toMatchObject({ modelId: 'fake', similarity: 1 })
    const second = await watcher.verify(image('ann'), target)
    expect(second).toMatchObject({ modelId: 'longer', similarity: 1 })
  })

  test('stores a face whose collection switches while it is analysed', async () => {
    await begin()
    const { embedCrop } = deps.analyzer
    deps.analyzer.embedCrop = async (crop, options) => {
      deps.analyzer.embedCrop = embedCrop
      await watcher.secondModel.switchTo('default', 'longer')
      return embedCrop(crop, options)
    }
    await enroll('Ann', 'ann')
    expect(await find('ann')).toEqual({ modelId: 'longer', decision: 'match', name: 'Ann' })
  })

  test('is compared with the first one on the own faces of the collection', async () => {
    for (const name of ['ann', 'bob', 'cy']) {
      await enroll(name, name)
      const { items } = await watcher.persons.list('default', { name })
      const bytes = image(`${name}~0.8`)
      await watcher.enroll('default', items[0]!.id, [{ fileName: 'b.jpg', bytes }])
    }
    await enroll('dan', 'dan')
    await begin()
    await fillAll()
    const steps: number[] = []
    const compared = await watcher.secondModel.compare('default', {
      ...{ signal, onProgress: (done) => steps.push(done) },
    })
    const outcome = {
      enrolled: { probes: 6, named: 6, misnamed: 0 },
      strangers: { probes: 1, named: 0 },
    }
    expect(compared).toMatchObject({
      ...{ faces: 7, persons: 4, agreement: 1 },
      models: [
        { modelId: 'fake', ...outcome },
        { modelId: 'longer', ...outcome },
      ],
    })
    expect(steps.at(-1)).toBe(14)
  })

  test('is ended and erased, and can be begun again', async () => {
    await enroll('Ann', 'ann')
    const begun = await begin()
    await fillAll()
    await watcher.secondModel.switchTo('default', 'longer')
    const ended = await watcher.secondModel.end('default', 'fake')
    expect(ended).toMatchObject({ modelId: 'longer', indexId: begun.second?.indexId })
    expect(ended).not.toHaveProperty('second')
    expect(await watcher.secondModel.end('default', 'fake')).toEqual(ended)
    expect(await watcher.secondModel.erase('default', 'fake')).toBe(1)
    expect(await watcher.secondModel.erase('default', 'fake')).toBe(0)
    expect(await find('ann')).toEqual({ modelId: 'longer', decision: 'match', name: 'Ann' })
    const again = await watcher.secondModel.begin('default', { modelId: 'fake' })
    expect(again.second?.indexId).not.toBe(begun.indexId)
    expect(await fillAll()).toEqual({ filled: 1, unfilled: 0 })
  })
})
