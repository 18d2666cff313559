import { beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../../../test/helpers/expect-code.ts'
import { createFakeDependencies, image } from '../../../test/helpers/fake-recognition.ts'
import type { FaceWatcher } from '../face-watcher.ts'
import { createUseCases } from '../use-cases.ts'

let watcher: FaceWatcher

beforeEach(async () => {
  watcher = createUseCases(await createFakeDependencies())
})

async function enroll(name: string, ...texts: readonly string[]): Promise<string> {
  const images = texts.map((text) => ({ fileName: text, bytes: image(text) }))
  const { person } = await watcher.enroll('default', { name }, images, { duplicates: 'ignore' })
  return person!.id
}

const facesOf = async (personId: string) =>
  (await watcher.faces.list('default', { personId })).items.map(({ id }) => id)

describe('quality of a person', () => {
  test('tells which face is not like the others, and which ones are nearly one', async () => {
    const ann = await enroll('Ann', 'ann', 'ann~0.99', 'ann~0.9', 'bob')
    const [first, second, , stranger] = await facesOf(ann)
    const quality = await watcher.examination.person('default', ann)
    expect(quality.outlierBelow).toBeCloseTo(0.3, 6)
    expect(quality.faces.map(({ faceId, outlier }) => [faceId, outlier])[0]).toEqual([
      stranger,
      true,
    ])
    expect(quality.faces.filter(({ outlier }) => outlier)).toHaveLength(1)
    expect(quality.faces.find(({ faceId }) => faceId === first)).toMatchObject({
      ...{ found: true, facing: true },
      nearest: { faceId: second, similarity: expect.closeTo(0.99, 5) },
    })
    expect(quality.faces[0]?.found).toBe(false)
    const pairs = quality.nearDuplicates.map(({ faceIds }) => faceIds)
    expect(pairs[0]).toEqual([first, second])
    expect(quality.weaknesses).toEqual([])
    expect(quality).not.toHaveProperty('advice')
    expect(quality.redundant).toEqual([])
    const capped = await watcher.examination.person('default', ann, { cap: 3 })
    expect(capped.redundant).toHaveLength(1)
    expect([first, second]).toContain(capped.redundant[0])
  })

  test('says what would help a weak person', async () => {
    const one = await enroll('One', 'cy')
    expect(await watcher.examination.person('default', one)).toMatchObject({
      ...{ weaknesses: ['onePhotograph'], faces: [{ outlier: false }] },
      advice: expect.stringContaining('second photograph'),
    })
    const unlike = await enroll('Unlike', 'dan', 'eve')
    const quality = await watcher.examination.person('default', unlike)
    expect(quality.weaknesses).toEqual(['notFound'])
    expect(quality.faces.every(({ outlier, found }) => outlier && !found)).toBe(true)
    const nobody = await watcher.persons.create('default', { name: 'No face' })
    expect((await watcher.examination.person('default', nobody.id)).faces).toEqual([])
  })

  test('refuses a cap out of range and an unknown person', async () => {
    const ann = await enroll('Ann', 'ann')
    for (const cap of [0, 1.5, 201]) {
      await expectCode(watcher.examination.person('default', ann, { cap }), 'invalidOption')
    }
    await expectCode(watcher.examination.person('default', 'x'), 'personNotFound')
  })
})

describe('merge suggestions', () => {
  test('name pairs of persons who may be one, with the evidence', async () => {
    const ann = await enroll('Ann', 'ann', 'ann~0.9')
    const again = await enroll('Ann again', 'ann~0.8', 'ann~0.2')
    await enroll('Bob', 'bob')
    const progress: number[] = []
    const result = await watcher.examination.merges('default', {
      onProgress: (done) => progress.push(done),
    })
    expect(progress.at(-1)).toBe(5)
    expect(result).toMatchObject({ persons: 3, faces: 5, found: 1, rejected: 0 })
    const [, near] = await facesOf(ann)
    const [other] = await facesOf(again)
    const [suggestion] = result.suggestions
    expect(suggestion).toMatchObject({
      ...{ personIds: [ann, again], faces: [2, 2] },
      faceIds: [near, other],
    })
    expect(suggestion!.similarity).toBeGreaterThan(0.9)
    expect(suggestion!.expected).toBeCloseTo(3 * suggestion!.rate, 12)
  })

  test('leave out who somebody said are different persons', async () => {
    const ann = await enroll('Ann', 'ann')
    const twin = await enroll('Twin', 'ann~0.9')
    const [face] = await facesOf(ann)
    await watcher.rejections.add('default', twin, { faceId: face! })
    const result = await watcher.examination.merges('default')
    expect(result).toMatchObject({ found: 0, rejected: 1, suggestions: [] })
  })

  test('find the other one behind many faces of the same person', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `ann~${0.96 + i / 1000}`)
    const ann = await enroll('Ann', ...many)
    const again = await enroll('Again', 'ann~0.9')
    const { suggestions } = await watcher.examination.merges('default')
    expect(suggestions.map(({ personIds }) => personIds)).toEqual([[ann, again]])
  })

  test('need a curve, and a number of wrong ones', async () => {
    await watcher.collections.create({
      ...{ name: 'bare', modelId: 'bare', policy: { threshold: 0.5 } },
    })
    await expectCode(watcher.examination.merges('bare'), 'invalidOption')
    for (const maxWrong of [0, -1, 1001, Number.NaN]) {
      await expectCode(watcher.examination.merges('default', { maxWrong }), 'invalidOption')
    }
    expect((await watcher.examination.merges('default')).suggestions).toEqual([])
  })
})

describe('report about a gallery', () => {
  test('searches for each face without itself', async () => {
    const ann = await enroll('Ann', 'ann', 'ann~0.9')
    const bob = await enroll('Bob', 'bob', 'bob~0.2')
    const cy = await enroll('Cy', 'cy', 'ann~0.85')
    const dan = await enroll('Dan', 'dan')
    const report = await watcher.examination.gallery('default')
    expect(report).toMatchObject({ modelId: 'fake', persons: 4, faces: 7, weakPersons: 3 })
    const { leftOut } = report
    expect(leftOut.faces).toBe(6)
    expect(leftOut.found + leftOut.missed + leftOut.misnamed).toBe(6)
    const [first, second] = await facesOf(cy)
    const missed = new Map(report.missedFaces.map((face) => [face.faceId, face]))
    expect(missed.get(first!)).toMatchObject({ personId: cy, outcome: 'missed' })
    expect(missed.get(second!)).toMatchObject({
      outcome: 'misnamed',
      nearest: { personId: ann },
    })
    expect(report.pairs[0]?.personIds).toEqual([ann, cy])
    expect(report.alikePairs).toBe(report.pairs.length)
    expect(report.weak).toContainEqual({ personId: dan, weaknesses: ['onePhotograph'] })
    expect(report.weak).toContainEqual({ personId: bob, weaknesses: ['notFound'] })
    expect(report.weak.map(({ personId }) => personId)).not.toContain(ann)
  })

  test('ends with the signal, and answers for an empty gallery', async () => {
    const empty = await watcher.examination.gallery('default')
    expect(empty).toMatchObject({ persons: 0, leftOut: { faces: 0 }, pairs: [], weak: [] })
    await enroll('Ann', 'ann')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(watcher.examination.gallery('default', { signal })).rejects.toThrow('enough')
  })
})
