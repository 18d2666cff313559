import { beforeEach, expect, test } from 'vitest'
import {
  createFakeDependencies,
  type FakeDependencies,
  image,
} from '../../test/helpers/fake-recognition.ts'
import type { ConsentInput } from '../core/consent.ts'
import type { FaceWatcher } from './face-watcher.ts'
import { createUseCases } from './use-cases.ts'

let deps: FakeDependencies
let watcher: FaceWatcher
beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = createUseCases(deps)
})

const consent: ConsentInput = {
  basis: 'consent',
  purpose: 'Entrance',
  givenAt: '2020-01-01T00:00:00.000Z',
}
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString()

async function enroll(word: string, given: ConsentInput | null = consent): Promise<string> {
  const person = { name: word, ...(given && { consent: given }) }
  const enrolled = await watcher.enroll('default', person, [
    { fileName: 'a.jpg', bytes: image(word) },
  ])
  return enrolled.person!.id
}

const identify = async (word: string) => (await watcher.identify('default', image(word))).faces[0]!

test('who withdrew is neither a match nor a candidate, and the others are found as before', async () => {
  const ann = await enroll('ann')
  const bob = await enroll('bob')
  expect(await identify('ann')).toMatchObject({ decision: 'match' })
  const withdrawn = await watcher.persons.withdrawConsent('default', ann)
  expect(withdrawn.consent?.withdrawnAt).toBeDefined()
  const face = await identify('ann')
  expect(face.decision).toBe('unknown')
  expect(face.candidates.map(({ personId }) => personId)).toEqual([bob])
  expect(JSON.stringify(face)).not.toContain(ann)
  expect(await identify('bob')).toMatchObject({ decision: 'match' })
  // To withdraw again changes nothing.
  const again = await watcher.persons.withdrawConsent('default', ann)
  expect(again.revision).toBe(withdrawn.revision)
})

test('a consent that expires ends by itself, without a write', async () => {
  const ann = await enroll('ann', { ...consent, expiresAt: inMs(400) })
  expect(await identify('ann')).toMatchObject({ decision: 'match' })
  const { revision } = await watcher.persons.get('default', ann)
  await expect.poll(async () => (await identify('ann')).decision).toBe('unknown')
  expect((await watcher.persons.get('default', ann)).revision).toBe(revision)
})

test('where consent is required, who never gave any is not found, and one who gives it is at once', async () => {
  const ann = await enroll('ann', null)
  expect((await identify('ann')).decision).toBe('match')
  await watcher.collections.update('default', { consent: { required: true } })
  expect((await identify('ann')).decision).toBe('unknown')
  await watcher.persons.update('default', ann, { consent })
  expect((await identify('ann')).decision).toBe('match')
})

test('a collection can keep those whose consent ended', async () => {
  const ann = await enroll('ann')
  await watcher.persons.withdrawConsent('default', ann)
  await watcher.collections.update('default', { consent: { whenItEnds: 'keep' } })
  expect((await identify('ann')).decision).toBe('match')
})

test('the rest of the gallery is as if who withdrew were not there', async () => {
  const ids: string[] = []
  for (const word of ['ann', 'ann~0.9', 'ann~0.8']) ids.push(await enroll(word))
  for (const id of ids.slice(0, 2)) await watcher.persons.withdrawConsent('default', id)
  const face = await identify('ann')
  expect(face.candidates.map(({ personId }) => personId)).toEqual([ids[2]])
})

test('who withdrew is compared with no image', async () => {
  const ann = await enroll('ann')
  const { items } = await watcher.faces.list('default', { personId: ann })
  await watcher.persons.withdrawConsent('default', ann)
  for (const target of [{ personId: ann }, { faceId: items[0]!.id }]) {
    await expect(
      watcher.verify(image('ann'), { collection: 'default', ...target }),
    ).rejects.toMatchObject({ code: 'consentRequired', info: { state: 'withdrawn' } })
  }
})

test('who withdrew is no duplicate of a new person and no suggestion of a merge', async () => {
  const ann = await enroll('ann')
  await enroll('ann~0.99')
  expect((await watcher.examination.merges('default')).found).toBe(1)
  await watcher.persons.withdrawConsent('default', ann)
  expect((await watcher.examination.merges('default')).found).toBe(0)
  const other = await watcher.enroll('default', { name: 'x' }, [
    { fileName: 'a.jpg', bytes: image('ann~0.999') },
  ])
  const warned = other.faces[0]!.warnings.map((warning) => JSON.stringify(warning))
  expect(warned.join()).not.toContain(ann)
})

test('nobody is enrolled without consent where it is required, and no image is looked at', async () => {
  await watcher.collections.update('default', { consent: { required: true } })
  const { length } = deps.analyzer.calls
  const images = [{ fileName: 'a.jpg', bytes: image('ann') }]
  for (const dryRun of [false, true]) {
    await expect(
      watcher.enroll('default', { name: 'Ann' }, images, { dryRun }),
    ).rejects.toMatchObject({ code: 'consentRequired', info: { state: 'missing' } })
  }
  expect(deps.analyzer.calls).toHaveLength(length)
  await enroll('ann')
})

test('there has to be a consent that is withdrawn, and the person as it was read', async () => {
  const ann = await enroll('ann', null)
  await expect(watcher.persons.withdrawConsent('default', ann)).rejects.toMatchObject({
    code: 'consentRequired',
  })
  await watcher.persons.update('default', ann, { consent })
  await expect(
    watcher.persons.withdrawConsent('default', ann, { ifRevision: 1 }),
  ).rejects.toMatchObject({ code: 'revisionMismatch' })
})
