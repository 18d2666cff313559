import { beforeEach, describe, expect, test } from 'vitest'
import { expectCode } from '../../test/helpers/expect-code.ts'
import {
  createFakeDependencies,
  fakeEmbedding,
  image,
} from '../../test/helpers/fake-recognition.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: RecognitionDependencies
let watcher: FaceWatcher
let ann: string

beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
  ann = await enroll('Ann', 'ann', 'ann~0.8')
})

async function enroll(name: string, ...texts: readonly string[]): Promise<string> {
  const images = texts.map((text) => ({ fileName: text, bytes: image(text) }))
  const { person } = await watcher.enroll('default', { name }, images, { duplicates: 'ignore' })
  return person!.id
}

const reject = (text: string, personId = ann) =>
  watcher.rejections.add('default', personId, image(text))
const identify = async (text: string, candidates = 5) =>
  (await watcher.identify('default', image(text), { candidates })).faces[0]!
const namesOf = (face: Awaited<ReturnType<typeof identify>>) =>
  face.candidates.map(({ personName }) => personName)

describe('rejections', () => {
  test('take the wrong name from a face, and from what lies nearer to it than to the person', async () => {
    expect(namesOf(await identify('ann~0.5'))).toEqual(['Ann'])
    const { statement } = await reject('ann~0.5')
    for (const word of ['ann~0.5', 'ann~0.45', 'ann~0.55']) {
      const face = await identify(word)
      expect(face).toMatchObject({ decision: 'unknown', candidates: [] })
      expect(face.suppressed).toEqual([
        { personId: ann, rejectionId: statement.id, similarity: expect.any(Number) },
      ])
    }
    for (const word of ['ann', 'ann~0.8', 'ann~0.9']) {
      const face = await identify(word)
      expect(face).toMatchObject({ decision: 'match', candidates: [{ personId: ann }] })
      expect(face).not.toHaveProperty('suppressed')
    }
    await watcher.rejections.revoke('default', ann, statement.id)
    expect(namesOf(await identify('ann~0.5'))).toEqual(['Ann'])
  })

  test('let the next candidate come to the fore, as many as are asked for', async () => {
    const eve = await enroll('Eve', 'ann~0.3')
    await enroll('Bob', 'bob')
    await reject('ann~0.5')
    const [only] = (await identify('ann~0.5', 1)).candidates
    expect(only?.personId).toBe(eve)
    expect(namesOf(await identify('ann~0.5'))).toEqual(['Eve', 'Bob'])
  })

  test('answer as a gallery without the suppressed person does, with the mean of the next one', async () => {
    // Many faces of Ann, so that the next ones lie behind the first that are looked at.
    const many = Array.from({ length: 40 }, (_, i) => `ann~${0.7 + i / 1000}`)
    const crowd = await enroll('Crowd', ...many)
    await enroll('Eve', 'ann~0.2', 'ann~0.25')
    await enroll('Bob', 'bob~0.1')
    await reject('ann~0.5')
    await reject('ann~0.5', crowd)
    const suppressed = await identify('ann~0.5', 2)
    expect(suppressed.suppressed?.map(({ personId }) => personId).toSorted()).toEqual(
      [ann, crowd].toSorted(),
    )
    await watcher.persons.delete('default', ann)
    await watcher.persons.delete('default', crowd)
    const without = await identify('ann~0.5', 2)
    expect(namesOf(suppressed)).toEqual(['Eve', 'Bob'])
    expect(namesOf(without)).toEqual(['Eve', 'Bob'])
    for (const [i, { similarity }] of without.candidates.entries())
      expect(suppressed.candidates[i]!.similarity).toBeCloseTo(similarity, 6)
    expect(suppressed.thresholds.shift).toBeCloseTo(without.thresholds.shift, 6)
  })

  test('hold in a verification against the person, which says why', async () => {
    const target = { collection: 'default', personId: ann }
    expect((await watcher.verify(image('ann~0.5'), target)).match).toBe(true)
    const { statement } = await reject('ann~0.5')
    const result = await watcher.verify(image('ann~0.5'), target)
    expect(result).toMatchObject({ match: false, decision: 'noMatch' })
    expect(result.similarity).toBeGreaterThanOrEqual(result.threshold)
    expect(result.rejection).toEqual({
      rejectionId: statement.id,
      similarity: expect.closeTo(1, 6),
    })
    expect((await watcher.verify(image('ann'), target)).match).toBe(true)
  })

  test('take the person out of the duplicates of an enrolment', async () => {
    const eve = () => [{ fileName: 'e.jpg', bytes: image('ann~0.5') }]
    const options = { duplicates: 'reject', dryRun: true } as const
    const before = await watcher.enroll('default', { name: 'Eve' }, eve(), options)
    expect(before.rejected[0]?.reasons).toEqual(['duplicateOfOtherPerson'])
    await reject('ann~0.5')
    const after = await watcher.enroll('default', { name: 'Eve' }, eve(), options)
    expect(after.rejected).toEqual([])
  })

  test('are said of a stored face and of an embedding, too', async () => {
    const eve = await enroll('Eve', 'ann~0.5')
    const [face] = (await watcher.faces.list('default', { personId: eve })).items
    const { statement } = await watcher.rejections.add('default', ann, { faceId: face!.id })
    expect(statement).toMatchObject({ faceId: face!.id, inForce: true })
    expect(namesOf(await identify('ann~0.45'))).toEqual(['Eve'])
    const probe = { modelId: 'fake', embedding: fakeEmbedding('ann~0.6') }
    await watcher.rejections.add('default', ann, probe)
    expect(namesOf(await identify('ann~0.6'))).toEqual(['Eve'])
    expect((await watcher.rejections.list('default', ann)).items).toHaveLength(2)
    await watcher.faces.delete('default', face!.id)
    expect((await watcher.rejections.list('default', ann)).items).toHaveLength(1)
  })

  test('refuse a face that cannot be compared, one of the person, none and several', async () => {
    const [face] = (await watcher.faces.list('default', { personId: ann })).items
    await expectCode(reject('ann!rotated'), 'notComparable')
    await expectCode(reject('(none)'), 'noFace')
    await expectCode(reject('ann bob'), 'multipleFaces')
    await expectCode(reject('ann', '01ARZ3NDEKTSV4RRFFQ69G5FAV'), 'personNotFound')
    const own = watcher.rejections.add('default', ann, { faceId: face!.id })
    await expectCode(own, 'faceOfPerson')
    const other = { modelId: 'longer', embedding: fakeEmbedding('ann') }
    await expectCode(watcher.rejections.add('default', ann, other), 'modelMismatch')
  })
})

describe('confirmations', () => {
  test('revoke a rejection of the same image, and win over one that is further away', async () => {
    const { statement } = await reject('ann~0.5')
    const confirmed = await watcher.confirmations.add('default', ann, image('ann~0.5'))
    expect(confirmed).toMatchObject({ alreadyStated: false, revoked: statement })
    expect(namesOf(await identify('ann~0.5'))).toEqual(['Ann'])
    expect((await watcher.rejections.list('default', ann)).items).toEqual([])
    // The stranger is rejected by another photograph: what is nearer to the confirmed one is Ann.
    await reject('ann~0.3')
    expect(namesOf(await identify('ann~0.5'))).toEqual(['Ann'])
    expect(namesOf(await identify('ann~0.31'))).toEqual([])
  })

  test('enrol nothing unless asked, and then with the gates', async () => {
    const count = async () => (await watcher.persons.get('default', ann)).faceCount
    const plain = await watcher.confirmations.add('default', ann, image('ann~0.9'))
    expect(plain).not.toHaveProperty('enrolled')
    expect(await count()).toBe(2)
    const options = { enroll: true }
    const taken = await watcher.confirmations.add('default', ann, image('ann~0.9'), options)
    expect(taken).toMatchObject({ alreadyStated: true, enrolled: { rejected: [] } })
    expect(await count()).toBe(3)
    const blurred = await watcher.confirmations.add('default', ann, image('ann!blurred'), options)
    expect(blurred.enrolled?.rejected[0]?.reasons).toEqual(['tooBlurred'])
    expect(await count()).toBe(3)
    const [face] = (await watcher.faces.list('default', { personId: ann })).items
    const stored = watcher.confirmations.add('default', ann, { faceId: face!.id }, options)
    await expectCode(stored, 'invalidOption')
  })

  test('are apart from rejections, and from those of other persons', async () => {
    const { statement } = await watcher.confirmations.add('default', ann, image('ann~0.9'))
    expect((await watcher.confirmations.list('default', ann)).items).toEqual([statement])
    expect((await watcher.rejections.list('default', ann)).items).toEqual([])
    await expectCode(watcher.rejections.get('default', ann, statement.id), 'statementNotFound')
    const bob = await enroll('Bob', 'bob')
    await expectCode(
      watcher.confirmations.revoke('default', bob, statement.id),
      'statementNotFound',
    )
    expect(await watcher.confirmations.get('default', ann, statement.id)).toEqual(statement)
    await watcher.confirmations.revoke('default', ann, statement.id)
    expect((await watcher.confirmations.list('default', ann)).items).toEqual([])
  })
})
