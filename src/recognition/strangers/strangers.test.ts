import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectCode } from '../../../test/helpers/expect-code.ts'
import {
  createFakeDependencies,
  type FakeDependencies,
  fakeEmbedding,
  image,
} from '../../../test/helpers/fake-recognition.ts'
import type { NewPerson } from '../../storage/ports/persons.ts'
import type { FaceWatcher } from '../face-watcher.ts'
import { createUseCases } from '../use-cases.ts'
import { createClusterThread } from './cluster-thread.ts'
import { createStrangerKeeper } from './keeper.ts'

const name = 'default'

let deps: FakeDependencies
let watcher: FaceWatcher
const opened: { close(): Promise<void> }[] = []

/** The use cases of one process; the store is shared, and closed elsewhere. */
function start(more: Partial<FakeDependencies> = {}): FaceWatcher {
  const useCases = createUseCases({
    ...{ ...deps, strangers: { background: false }, ...more },
    gallery: { ...deps.gallery, close: async () => {} },
    store: { ...(more.store ?? deps.store), close: async () => {} },
  })
  opened.push(useCases)
  return useCases
}

beforeEach(async () => {
  deps = await createFakeDependencies()
  watcher = start()
  await watcher.collections.update(name, { keepUnknown: { crops: true } })
})

afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()))
})

async function see(words: string, source?: string): Promise<void> {
  await watcher.identify(name, image(words), source === undefined ? {} : { source })
}

async function listed(options = {}) {
  await watcher.strangers.settle(name)
  return (await watcher.strangers.list(name, { sort: 'count', ...options })).items
}

describe('keeping strangers', () => {
  it('keeps faces that nobody has, under one id each, with what is known of them', async () => {
    await see('ann bob', 'Front door')
    await see('ann~0.9')
    const [ann, bob] = await listed()
    expect(ann).toMatchObject({ status: 'shown', count: 2, modelId: 'fake' })
    expect(bob).toMatchObject({ status: 'shown', count: 1 })
    const { items } = await watcher.strangers.sightings(name, { strangerId: ann!.id })
    expect(items).toMatchObject([{ hasCrop: true }, { source: 'Front door', hasCrop: true }])
    expect(items[0]).not.toHaveProperty('source')
    const crop = await watcher.strangers.crop(name, items[0]!.id)
    expect(new TextDecoder().decode(crop)).toBe('ann~0.9')
    expect(await watcher.strangers.counts(name)).toEqual({ strangers: 2, sightings: 3, waiting: 0 })
    expect((await watcher.status()).sightings).toEqual({ queued: 0, recorded: 3, dropped: 0 })
  })

  it('keeps nobody of an image that is not to be kept', async () => {
    const { faces } = await watcher.identify(name, image('ann'), { keepUnknown: false })
    expect(faces[0]).toMatchObject({ decision: 'unknown' })
    expect(faces[0]).not.toHaveProperty('sightingId')
    expect(await listed()).toEqual([])
  })

  it('says which sighting a face became, and a moment later whose it is', async () => {
    await watcher.enroll(name, { name: 'Bob' }, [{ fileName: 'b', bytes: image('bob') }])
    const { faces } = await watcher.identify(name, image('ann bob cy ann!rotated'))
    const ids = faces.map(({ sightingId }) => sightingId)
    expect(ids).toEqual([expect.any(String), undefined, expect.any(String), undefined])
    // It is written by then, and waits.
    const waiting = await watcher.strangers.sighting(name, ids[0]!)
    expect(waiting).toMatchObject({ id: ids[0], hasCrop: true })
    expect(waiting).not.toHaveProperty('strangerId')
    expect(waiting).not.toHaveProperty('embedding')
    const listed = await watcher.strangers.settle(name).then(() => watcher.strangers.list(name))
    const { strangerId } = await watcher.strangers.sighting(name, ids[2]!)
    expect(listed.items.find(({ id }) => id === strangerId)).toMatchObject({ coverId: ids[2] })
    await watcher.strangers.discard(name, [strangerId!])
    await expectCode(watcher.strangers.sighting(name, ids[2]!), 'sightingNotFound')
    await expectCode(watcher.strangers.sighting(name, 'x'), 'sightingNotFound')
  })

  it('tells of a sighting that has joined another stranger whose it is now', async () => {
    // As far from each other as two strangers, and both near to the third.
    const at = (degrees: number) => {
      const angle = (degrees * Math.PI) / 180
      return fakeEmbedding('dan').map(
        (value, d) => value * Math.cos(angle) + (d === 6 ? Math.sin(angle) : 0),
      )
    }
    const see = async (degrees: number) => {
      const probe = { embedding: at(degrees), modelId: 'fake' }
      const { faces } = await watcher.identify(name, probe)
      await watcher.strangers.settle(name)
      return faces[0]?.sightingId as string
    }
    const [first, second] = [await see(0), await see(64)]
    const whose = async (id: string) => (await watcher.strangers.sighting(name, id)).strangerId
    const [older, younger] = [await whose(first), await whose(second)]
    expect(younger).not.toBe(older)
    await see(32)
    expect([await whose(first), await whose(second)]).toEqual([older, older])
    expect(await watcher.strangers.get(name, younger!)).toMatchObject({ id: older, count: 3 })
  })

  it('says of no sighting that there was no room for', async () => {
    const embedding = fakeEmbedding('ann')
    const { store } = deps
    let write = (): void => {}
    const held = new Promise<void>((done) => {
      write = done
    })
    const strangers: typeof store.strangers = {
      ...store.strangers,
      record: async (...given) => held.then(() => store.strangers.record(...given)),
    }
    const slow = start({ store: { ...store, strangers } })
    const identify = () => slow.identify(name, { embedding, modelId: 'fake' })
    const answers = await Promise.all(Array.from({ length: 1001 }, identify))
    const ids = answers.flatMap(({ faces }) => faces[0]?.sightingId ?? [])
    expect(new Set(ids).size).toBe(1000)
    expect((await slow.status()).sightings.dropped).toBe(1)
    write()
    expect((await slow.strangers.sighting(name, ids[999]!)).id).toBe(ids[999])
  })

  it('keeps embeddings that were looked up, without a picture', async () => {
    await watcher.identify(name, { embedding: fakeEmbedding('cy'), modelId: 'fake' })
    const [cy] = await listed()
    const { items } = await watcher.strangers.sightings(name, { strangerId: cy!.id })
    expect(items).toMatchObject([{ hasCrop: false }])
    expect(items[0]).not.toHaveProperty('quality')
  })

  it('keeps nobody who is known, nor what cannot be compared, nor anything unless asked', async () => {
    await watcher.enroll(name, { name: 'Ann' }, [{ fileName: 'a', bytes: image('ann') }])
    await see('ann ann~0.95 bob!rotated')
    expect(await listed()).toEqual([])
    const off = await watcher.collections.update(name, { keepUnknown: null })
    expect(off).not.toHaveProperty('keepUnknown')
    await see('cy')
    expect(await listed()).toEqual([])
    expect((await watcher.status()).sightings.recorded).toBe(0)
  })

  it('goes on after a restart with the strangers that were there', async () => {
    await see('ann bob')
    const before = await listed()
    const again = start()
    await again.identify(name, image('bob~0.9 ann~0.9 cy'))
    await again.strangers.settle(name)
    const { items } = await again.strangers.list(name)
    expect(items).toHaveLength(3)
    for (const { id } of before)
      expect(await again.strangers.get(name, id)).toMatchObject({ count: 2 })
    // The process before has to look again at what has become of them.
    await see('ann~0.9 cy~0.9')
    const after = await again.strangers.settle(name).then(() => listed())
    expect(after.map(({ count }) => count).sort()).toEqual([2, 2, 3])
  })

  it('gives a stranger one id on two processes that put sightings to strangers at once', async () => {
    const store = deps.store
    const keepers = [0, 1].map(() =>
      createStrangerKeeper({
        ...{ store, thread: createClusterThread(), background: true, pollMs: 20 },
        curveOf: () => deps.models[0]!.fmrCurve,
        idleShare: () => 1,
      }),
    )
    opened.push(...keepers)
    const { id } = await deps.store.collections.get(name)
    const words = ['ann', 'bob', 'cy', 'dan', 'eve']
    for (let i = 0; i < 40; i++) {
      const sighting = { modelId: 'fake', seenAt: new Date().toISOString() }
      const embedding = fakeEmbedding(`${words[i % 5]}~${i % 2 ? 0.9 : 1}`)
      keepers[i % 2]!.note(id, [{ ...sighting, embedding }])
      if (i % 8 === 0) await sleep(15)
    }
    await expect
      .poll(async () => store.strangers.counts(id), { timeout: 30_000 })
      .toEqual({ strangers: 5, sightings: 40, waiting: 0 })
    const { items } = await store.strangers.list(id)
    expect(items.map(({ count }) => count)).toEqual([8, 8, 8, 8, 8])
  })

  it('asks the database for sightings that wait only while a collection keeps some', async () => {
    await watcher.collections.update(name, { keepUnknown: null })
    const { store } = deps
    let asked = 0
    const strangers: typeof store.strangers = {
      ...store.strangers,
      collections(options) {
        asked++
        return store.strangers.collections(options)
      },
    }
    const background = start({
      ...{ store: { ...store, strangers }, strangers: { pollMs: 5, expireMs: 1e6 } },
    })
    await expect.poll(() => asked).toBeGreaterThan(0)
    await sleep(60)
    // Once, to know of collections that had sightings before.
    expect(asked).toBe(1)
    // Another process begins to keep some, and this one notices when it answers the next time.
    await watcher.collections.update(name, { keepUnknown: {} })
    await background.identify(name, image('(none)'))
    await expect.poll(() => asked).toBeGreaterThan(5)
    await see('ann')
    await expect
      .poll(async () => await store.strangers.counts((await store.collections.get(name)).id))
      .toEqual({ strangers: 1, sightings: 1, waiting: 0 })
    await background.collections.update(name, { keepUnknown: null })
    await background.close()
    // A process that starts knows of what is there.
    const before = asked
    start({ store: { ...store, strangers }, strangers: { pollMs: 5, expireMs: 30 } })
    await expect.poll(async () => (await watcher.strangers.counts(name)).sightings).toBe(0)
    await sleep(60)
    expect(asked - before).toBeLessThan(15)
  })

  it('joins nothing new to strangers of a model that does not answer any more', async () => {
    await see('ann')
    const [ann] = await listed()
    await watcher.secondModel.begin(name, { modelId: 'longer' })
    await watcher.secondModel.switchTo(name, 'longer', { allowMissing: true })
    await see('ann')
    const [first, second] = await listed({ sort: 'latest' })
    expect(first).toMatchObject({ modelId: 'longer', count: 1 })
    expect(second).toEqual(ann)
    await expectCode(watcher.strangers.assign(name, ann!.id, { name: 'Ann' }), 'modelMismatch')
    expect(await watcher.strangers.suggestions(name, ann!.id)).toEqual([])
  })

  it('erases sightings when their time is over, and all of them when nothing is kept', async () => {
    await see('ann')
    await listed()
    const background = start({ strangers: { expireMs: 20 } })
    const sightings = async () => (await background.strangers.counts(name)).sightings
    await sleep(60)
    expect(await sightings()).toBe(1)
    await background.collections.update(name, { keepUnknown: { hours: 1e-6 } })
    await expect.poll(sightings).toBe(0)
    await background.collections.update(name, { keepUnknown: { hours: 1 } })
    await see('bob')
    await listed()
    expect(await sightings()).toBe(1)
    await background.collections.update(name, { keepUnknown: null })
    await expect.poll(sightings).toBe(0)
    expect((await background.strangers.list(name)).items).toEqual([])
  })

  it('refuses to keep strangers of a model without a curve, and values out of range', async () => {
    const bare = { name: 'bare', modelId: 'bare', policy: { threshold: 0.5 } }
    await expectCode(watcher.collections.create({ ...bare, keepUnknown: {} }), 'invalidOption')
    for (const keepUnknown of [{ hours: 0 }, { ignoredHours: -1 }, { maxSightings: 0.5 }]) {
      await expectCode(watcher.collections.update(name, { keepUnknown }), 'invalidOption')
    }
    await expectCode(watcher.identify(name, image('ann'), { source: '' }), 'invalidOption')
  })
})

describe('the three verbs', () => {
  it('assigns: enrols the best sightings, and the earlier ones are the person from then on', async () => {
    await see('ann!blurred ann~0.9')
    await see('ann~0.95')
    const [ann] = await listed()
    const result = await watcher.strangers.assign(name, ann!.id, { name: 'Ann' }, { maxFaces: 2 })
    expect(result).toMatchObject({
      ...{ newPerson: true, person: { name: 'Ann', faceCount: 2 } },
      stranger: { id: ann!.id, status: 'assigned', personId: result.person.id, count: 3 },
    })
    expect(result.faces).toHaveLength(2)
    expect(result.faces[0]).toMatchObject({
      personId: result.person.id,
      quality: { sharpness: 500 },
    })
    const found = await watcher.identify(name, image('ann~0.93'))
    expect(found.faces[0]).toMatchObject({ decision: 'match', candidates: [{ personName: 'Ann' }] })
    const { items } = await watcher.strangers.sightings(name, { personId: result.person.id })
    expect(items).toHaveLength(3)
    await expectCode(watcher.strangers.assign(name, ann!.id, result.person.id), 'strangerConflict')
    expect(await watcher.strangers.ignore(name, [ann!.id])).toEqual([
      { id: ann!.id, outcome: 'assigned' },
    ])
    const back = await watcher.strangers.unassign(name, ann!.id)
    expect(back).toMatchObject({ status: 'shown', count: 3 })
  })

  it('assigns to the person of a name, as other callers find or make one', async () => {
    const [first] = [
      await watcher.persons.create(name, { name: 'Ann' }),
      await watcher.persons.create(name, { name: 'Ann' }),
    ]
    await watcher.persons.create(name, { name: 'Bob' })
    await see('ann bob cy')
    const [a, b, c] = (await listed()).map(({ id }) => id) as [string, string, string]
    const assign = (id: string, person: NewPerson, maxFaces = 5) =>
      watcher.strangers.assign(name, id, person, { maxFaces })
    const reuse = 'reuse'
    await expectCode(assign(a, { name: 'Ann', ifExists: reuse }), 'invalidOption')
    await expectCode(assign(a, { name: 'Bob', ifExists: 'refuse' }), 'personExists')
    await expectCode(assign(a, { name: 'Bob', ifExists: 'x' as never }), 'invalidOption')
    const ann = await assign(a, { name: 'Ann', ifExists: reuse, onAmbiguous: 'first' })
    expect(ann).toMatchObject({ newPerson: false, person: { id: first.id, faceCount: 1 } })
    const bob = await assign(b, { name: 'Bob', ifExists: reuse }, 0)
    expect(bob).toMatchObject({ newPerson: false, person: { faceCount: 0 }, faces: [] })
    expect(await assign(c, { name: 'Cy', ifExists: reuse }, 0)).toMatchObject({ newPerson: true })
    expect((await watcher.persons.list(name)).items).toHaveLength(4)
  })

  it('assigns chosen sightings to a person who is there, and none of others', async () => {
    const person = await watcher.persons.create(name, { name: 'Ann' })
    await see('ann bob')
    const [ann, bob] = (await listed()) as unknown as [{ id: string }, { id: string }]
    const of = async (strangerId: string) =>
      (await watcher.strangers.sightings(name, { strangerId })).items.map(({ id }) => id)
    const theirs = { sightingIds: [...(await of(ann.id)), ...(await of(bob.id))] }
    await expectCode(watcher.strangers.assign(name, ann.id, person.id, theirs), 'sightingNotFound')
    await expectCode(watcher.strangers.assign(name, ann.id, 'nobody'), 'personNotFound')
    await expectCode(
      watcher.strangers.assign(name, ann.id, person.id, { maxFaces: 21 }),
      'invalidOption',
    )
    const own = { sightingIds: await of(ann.id) }
    const result = await watcher.strangers.assign(name, ann.id, person.id, own)
    expect(result).toMatchObject({ newPerson: false, person: { id: person.id, faceCount: 1 } })
  })

  it('ignores, also those very like them, and shows them again', async () => {
    await see('ann bob')
    const [first, second] = await listed()
    await watcher.strangers.ignore(name, [first!.id])
    const { strangers } = deps.store
    const { id } = await deps.store.collections.get(name)
    const [ignored] = await strangers.embedded(id, [first!.coverId])
    // As near as a match, and not near enough to be the same stranger.
    const near = ignored!.embedding.map((value, d) => (d === 6 ? 0.89 : value * 0.455))
    await watcher.identify(name, { embedding: near, modelId: 'fake' })
    expect((await listed({ status: 'shown' })).map((it) => it.id)).toEqual([second!.id])
    const silenced = await listed({ status: 'ignored' })
    expect(silenced).toHaveLength(2)
    expect(silenced.map(({ likeId }) => likeId).sort()).toEqual([first!.id, undefined])
    await watcher.strangers.show(name, [first!.id])
    expect(await listed({ status: 'ignored' })).toEqual([])
    expect(await listed({ status: 'shown' })).toHaveLength(3)
  })

  it('discards with all sightings, and says for each id whether it was there', async () => {
    await see('ann bob')
    const [first, second] = await listed()
    expect(await watcher.strangers.discard(name, [first!.id, 'x'])).toEqual([
      { id: first!.id, outcome: 'done' },
      { id: 'x', outcome: 'notFound' },
    ])
    expect((await listed()).map(({ id }) => id)).toEqual([second!.id])
    expect(await watcher.strangers.counts(name)).toMatchObject({ sightings: 1 })
    await expectCode(watcher.strangers.discard(name, []), 'invalidOption')
    await expectCode(watcher.strangers.get(name, first!.id), 'strangerNotFound')
    await expectCode(watcher.strangers.list(name, { status: 'x' as never }), 'invalidOption')
    // A new face of it founds another one.
    await see('ann bob')
    expect(await listed()).toHaveLength(2)
  })
})

describe('looking for a face', () => {
  it('finds sightings back in time, in pages', async () => {
    await see('ann', 'Garden')
    await see('bob ann~0.9')
    await watcher.strangers.settle(name)
    const first = await watcher.strangers.search(name, image('ann'), { limit: 1 })
    expect(first.items).toMatchObject([{ hasCrop: true, fmrExtrapolated: true }])
    expect(first.items[0]!.similarity).toBeCloseTo(0.9, 5)
    const probe = { embedding: fakeEmbedding('ann'), modelId: 'fake' }
    const rest = await watcher.strangers.search(name, probe, {
      limit: 1,
      cursor: first.nextCursor!,
    })
    expect(rest.items).toMatchObject([{ source: 'Garden' }])
    expect(rest).not.toHaveProperty('nextCursor')
    const strict = await watcher.strangers.search(name, probe, { similarity: 0.95 })
    expect(strict.items).toHaveLength(1)
    for (const options of [{ similarity: 2 }, { maxFmr: 0 }, { maxFmr: 0.1, similarity: 0.5 }]) {
      await expectCode(watcher.strangers.search(name, probe, options), 'invalidOption')
    }
    await expectCode(watcher.strangers.search(name, image('(none)')), 'noFace')
    await expectCode(watcher.strangers.search(name, image('ann!rotated')), 'qualityTooLow')
    await expectCode(watcher.strangers.search(name, probe, { cursor: 'x' }), 'invalidCursor')
  })

  it('says what resembles a face and erases it, when told to, also what was seen just now', async () => {
    await watcher.enroll(name, { name: 'Bob' }, [{ fileName: 'b', bytes: image('bob') }])
    await see('ann ann~0.9 cy')
    const face = image('ann')
    const dry = await watcher.strangers.erase(name, face, { persons: true })
    expect(dry).toMatchObject({
      ...{ dryRun: true, compared: 3, resembling: 2, erased: 2, persons: [] },
      strangers: [{ count: 2, resembling: 2, whole: true }],
    })
    expect((await watcher.strangers.counts(name)).sightings).toBe(3)
    const done = await watcher.strangers.erase(name, image('ann'), { dryRun: false })
    expect(done).toMatchObject({ dryRun: false, erased: 2 })
    expect(done).not.toHaveProperty('persons')
    expect(await listed()).toHaveLength(1)
    expect((await watcher.strangers.search(name, image('ann'))).items).toEqual([])
    const bob = await watcher.strangers.erase(name, image('bob'), { persons: true })
    expect(bob).toMatchObject({ erased: 0, persons: [{ personName: 'Bob' }] })
  })

  it('suggests persons whom a stranger resembles, with the rate of the whole search', async () => {
    await see('ann~0.9 bob')
    const [first, second] = await listed({ sort: 'latest' })
    await watcher.enroll(name, { name: 'Ann' }, [{ fileName: 'a', bytes: image('ann') }])
    const suggested = await Promise.all(
      [first!, second!].map(({ id }) => watcher.strangers.suggestions(name, id)),
    )
    const [found] = suggested.flat()
    expect(suggested.flat()).toHaveLength(1)
    expect(found).toMatchObject({ personName: 'Ann', rateExtrapolated: true })
    expect(found!.rate).toBeLessThan(1e-4)
  })
})
