import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../../src/storage/database.ts'
import type { Collection } from '../../../src/storage/ports/collections.ts'
import type { NewSighting, Placement } from '../../../src/storage/ports/strangers.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeEmbedding, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readPages, unknownId } from './fixture.ts'

const holder = 'node-1'
const nobody = { personId: unknownId, anchorId: unknownId }
const leaseMs = 60_000
const shortMs = 300
const keepAll = {
  seenBefore: '2000-01-01T00:00:00.000Z',
  ignoredSince: '2000-01-01T00:00:00.000Z',
  maxSightings: 1000,
  limit: 100,
}
// Ids of strangers are made by who places sightings, in rising order.
const [first, second, third] = ['A', 'B', 'C'].map((end) => `01ARZ3NDEKTSV4RRFFQ69G5F0${end}`) as [
  string,
  string,
  string,
]

function at(minute: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString()
}

function makeSighting(seed: number, more: Partial<NewSighting> = {}): NewSighting {
  return { modelId: 'test-model', seenAt: at(seed), embedding: makeEmbedding(seed), ...more }
}

/** What the port `strangers` does in every database. */
export function describeStrangers(under: () => DatabaseUnderTest): void {
  describe('strangers', () => {
    let store: Database
    let fixture: DatabaseFixture
    let collection: Collection

    beforeEach(async () => {
      ;({ store, fixture } = under())
      collection = await makeCollection(store)
    })

    async function claim(): Promise<number> {
      const revision = await store.strangers.claim(collection.id, { holder, leaseMs })
      expect(revision).toBeDefined()
      return revision!
    }

    async function place(
      placement: Partial<Placement> & {
        readonly sightings?: Readonly<Record<string, readonly string[]>>
      },
    ): Promise<void> {
      const { sightings = {}, ...rest } = placement
      const placed = Object.entries(sightings).flatMap(([strangerId, ids]) =>
        ids.map((sightingId) => ({ sightingId, strangerId })),
      )
      const strangers = await Promise.all(
        Object.entries(sightings).map(async ([id, ids]) => toState(id, ids)),
      )
      const lease = { holder, revision: await claim() }
      const done = { set: collection, placed, joined: [], strangers, ...rest }
      expect(await store.strangers.place(lease, done)).toBe(lease.revision + 1)
    }

    async function toState(
      id: string,
      ids: readonly string[],
    ): Promise<Placement['strangers'][number]> {
      const embedded = await store.strangers.embedded(collection.id, ids)
      const sum = new Float32Array(collection.dimension)
      for (const { embedding } of embedded) {
        for (const [d, value] of embedding.entries()) sum[d]! += value
      }
      return { id, count: ids.length, sum, memberIds: ids.slice(-5) }
    }

    it('keeps sightings, which wait in their order, also for another process', async () => {
      const quality = makeFace(1).quality!
      const box = makeFace(1).box!
      const landmarks = makeFace(1).landmarks!
      const crop = { bytes: Uint8Array.of(1, 2, 3), place: { box, landmarks } }
      const rich = { source: 'Front door', quality, box, landmarks, crop }
      const given = [makeSighting(1, rich), makeSighting(2)]
      const ids = await store.strangers.record(collection.id, given)
      const other = await fixture.open()
      const waiting = await other.strangers.waiting(collection, 10)
      const { crop: _, embedding, ...plain } = given[0]!
      expect(waiting).toEqual([
        { ...plain, id: ids[0], hasCrop: true, embedding },
        {
          id: ids[1],
          modelId: 'test-model',
          seenAt: at(2),
          hasCrop: false,
          embedding: given[1]!.embedding,
        },
      ])
      expect(await other.strangers.getCrop(collection.id, ids[0]!)).toEqual(crop)
      expect(await other.strangers.getCrop(collection.id, ids[1]!)).toBeUndefined()
      expect(await other.strangers.collections()).toEqual([collection.id])
      expect(await other.strangers.collections({ waiting: true })).toEqual([collection.id])
      expect(await other.strangers.counts(collection.id)).toEqual({
        ...{ strangers: 0, sightings: 2, waiting: 2 },
      })
      expect(await other.strangers.waiting(collection, 1)).toHaveLength(1)
      expect(await other.strangers.waiting({ ...collection, modelId: 'other' }, 1)).toEqual([])
    })

    it('writes a sighting under the id that it was given, once', async () => {
      const crop = { bytes: Uint8Array.of(1) }
      const given = { ...makeSighting(1, { crop }), id: first }
      expect(await store.strangers.record(collection.id, [given])).toEqual([first])
      // A second attempt, of which the caller does not know what became of the one before.
      const both = [given, makeSighting(2)]
      const [again, other] = await store.strangers.record(collection.id, both)
      expect(again).toBe(first)
      const { items } = await store.strangers.sightings(collection.id)
      expect(items.map(({ id }) => id)).toEqual([other, first])
      await expectCode(
        store.strangers.record(collection.id, [{ ...makeSighting(3), id: 'x' }]),
        'invalidOption',
      )
    })

    it('refuses what is no sighting of the collection', async () => {
      const record = (sighting: NewSighting, id = collection.id) =>
        store.strangers.record(id, [makeSighting(1), sighting])
      await expectCode(record(makeSighting(2), unknownId), 'collectionNotFound')
      await expectCode(record(makeSighting(2, { modelId: 'other' })), 'modelMismatch')
      const short = new Float32Array([1])
      await expectCode(record(makeSighting(2, { embedding: short })), 'dimensionMismatch')
      const long = makeEmbedding(2).map((value) => 2 * value)
      await expectCode(record(makeSighting(2, { embedding: long })), 'invalidEmbedding')
      await expectCode(record(makeSighting(2, { seenAt: 'now' })), 'invalidOption')
      await expectCode(record(makeSighting(2, { source: '' })), 'invalidOption')
      expect((await store.strangers.counts(collection.id)).sightings).toBe(0)
      for (const id of [unknownId, 'x']) {
        await expectCode(store.strangers.get(collection.id, id), 'strangerNotFound')
        await expectCode(store.strangers.assign(collection.id, id, nobody), 'strangerNotFound')
        await expectCode(store.strangers.unassign(collection.id, id), 'strangerNotFound')
        await expectCode(store.strangers.getCrop(collection.id, id), 'sightingNotFound')
      }
    })

    it('records all that many calls bring at once', async () => {
      const given = Array.from({ length: 40 }, (_, i) => makeSighting(i))
      const ids = await Promise.all(
        given.map((sighting) => store.strangers.record(collection.id, [sighting])),
      )
      const found = await store.strangers.waiting(collection, 1000)
      expect(found.map(({ id }) => id)).toEqual(ids.flat().sort())
    })

    it('gives the lease to one at a time, until it ends', async () => {
      await store.strangers.record(collection.id, [makeSighting(1)])
      const other = (await fixture.open()).strangers
      const mine = { holder, leaseMs: shortMs }
      const theirs = { holder: 'node-2', leaseMs }
      expect(await store.strangers.claim(unknownId, mine)).toBeUndefined()
      expect(await store.strangers.claim(collection.id, mine)).toBe(0)
      expect(await other.claim(collection.id, theirs)).toBeUndefined()
      expect(await store.strangers.claim(collection.id, mine)).toBe(0)
      await sleep(shortMs + 100)
      expect(await other.claim(collection.id, theirs)).toBe(0)
      expect(await store.strangers.claim(collection.id, mine)).toBeUndefined()
      const nothing = { set: collection, placed: [], joined: [], strangers: [] }
      expect(await store.strangers.place({ holder, revision: 0 }, nothing)).toBeUndefined()
      expect(await other.place({ holder: 'node-2', revision: 0 }, nothing)).toBe(1)
      expect(await other.place({ holder: 'node-2', revision: 0 }, nothing)).toBeUndefined()
    })

    it('writes whose sightings are, and answers what clustering has to know', async () => {
      const quality = { ...makeFace(1).quality!, sizePx: 500, sharpness: 500, confidence: 1 }
      const sightings = [makeSighting(1), makeSighting(2, { quality }), makeSighting(3)]
      const [a, b, c] = (await store.strangers.record(collection.id, sightings)) as [
        string,
        string,
        string,
      ]
      await place({ sightings: { [first]: [a, b], [second]: [c] } })
      expect(await store.strangers.get(collection.id, first)).toEqual({
        ...{ id: first, modelId: 'test-model', status: 'shown', count: 2, coverId: b },
        ...{ firstSeenAt: at(1), lastSeenAt: at(2) },
      })
      expect(await store.strangers.collections({ waiting: true })).toEqual([])
      expect((await store.strangers.counts(collection.id)).waiting).toBe(0)
      const records = await store.strangers.records(collection, { since: 0, limit: 10 })
      expect(records.map(({ id, status, count }) => [id, status, count])).toEqual([
        [first, 'shown', 2],
        [second, 'shown', 1],
      ])
      const [{ sum, members }] = records as [(typeof records)[number]]
      expect(members).toEqual([
        { sightingId: a, embedding: sightings[0]!.embedding },
        { sightingId: b, embedding: sightings[1]!.embedding },
      ])
      expect(sum).toEqual((await toState(first, [a, b])).sum)
      expect(await store.strangers.ids(collection)).toEqual([first, second])
      expect(await store.strangers.records(collection, { since: 1, limit: 10 })).toEqual([])
      const rest = await store.strangers.records(collection, { since: 0, after: first, limit: 1 })
      expect(rest.map(({ id }) => id)).toEqual([second])
      const ids = [second, unknownId]
      const chosen = await store.strangers.records(collection, { since: 0, ids, limit: 9 })
      expect(chosen.map(({ id }) => id)).toEqual([second])
      expect(
        await store.strangers.records({ ...collection, modelId: 'x' }, { since: 0, limit: 1 }),
      ).toEqual([])
      const [seen] = await store.strangers.embedded(collection.id, [c, unknownId])
      expect(seen).toMatchObject({ id: c, strangerId: second })
      const { items } = await store.strangers.sightings(collection.id, { strangerId: first })
      expect(items.map(({ id }) => id)).toEqual([b, a])
    })

    it('joins strangers, and the id before leads to the one it became', async () => {
      const ids = await store.strangers.record(
        collection.id,
        [1, 2, 3].map((seed) => makeSighting(seed)),
      )
      const [a, b, c] = ids as [string, string, string]
      await place({ sightings: { [first]: [a], [second]: [b], [third]: [c] } })
      await store.strangers.setIgnored(collection.id, [third], true)
      const joined = [
        { from: third, into: second },
        { from: second, into: first },
      ]
      await place({ joined, strangers: [await toState(first, [a, b, c])] })
      for (const id of [first, second, third]) {
        expect(await store.strangers.get(collection.id, id)).toMatchObject({
          ...{ id: first, count: 3, status: 'ignored', firstSeenAt: at(1), lastSeenAt: at(3) },
        })
      }
      expect(await store.strangers.ids(collection)).toEqual([first])
      const { items } = await store.strangers.sightings(collection.id, { strangerId: first })
      expect(items.map(({ id }) => id)).toEqual([c, b, a])
      // One that was founded in the same part has no row of its own.
      const [d] = await store.strangers.record(collection.id, [makeSighting(4)])
      const newer = `${third.slice(0, -1)}D`
      await place({
        placed: [{ sightingId: d!, strangerId: newer }],
        joined: [{ from: newer, into: first }],
        strangers: [await toState(first, [a, b, c, d!])],
      })
      expect(await store.strangers.get(collection.id, newer)).toMatchObject({ id: first, count: 4 })
    })

    it('lists strangers by count and by time, in pages, by status', async () => {
      const ids = await store.strangers.record(
        collection.id,
        [1, 2, 3, 4].map((seed) => makeSighting(seed)),
      )
      const [a, b, c, d] = ids as [string, string, string, string]
      await place({ sightings: { [first]: [a, c], [second]: [b], [third]: [d] } })
      await store.strangers.setIgnored(collection.id, [third], true)
      const list = async (options: Parameters<Database['strangers']['list']>[1]) =>
        (
          await readPages((page) => store.strangers.list(collection.id, { ...page, ...options }), 2)
        ).map((page) => page.map(({ id }) => id))
      expect(await list({})).toEqual([[third, first], [second]])
      expect(await list({ sort: 'count' })).toEqual([[first, third], [second]])
      expect(await list({ status: 'shown' })).toEqual([[first, second]])
      expect(await list({ status: 'ignored' })).toEqual([[third]])
      const { nextCursor } = await store.strangers.list(collection.id, { limit: 1 })
      const cursor = nextCursor!
      await expectCode(
        store.strangers.list(collection.id, { sort: 'count', cursor }),
        'invalidCursor',
      )
      await expectCode(store.strangers.list(collection.id, { cursor: 'x' }), 'invalidCursor')
      await expectCode(store.strangers.list(collection.id, { limit: 0 }), 'invalidOption')
      const pages = await readPages((page) => store.strangers.sightings(collection.id, page), 3)
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[d, c, b], [a]])
      const part = await store.strangers.scan(collection, { limit: 3 })
      expect(part.map(({ id }) => id)).toEqual([d, c, b])
      const last = await store.strangers.scan(collection, { before: b, limit: 3 })
      expect(last).toEqual([{ id: a, embedding: makeEmbedding(1) }])
    })

    it('ignores strangers, those like them too, and shows them again', async () => {
      const ids = await store.strangers.record(collection.id, [makeSighting(1), makeSighting(2)])
      const [a, b] = ids as [string, string]
      await place({ sightings: { [first]: [a] } })
      const ignored = await store.strangers.setIgnored(collection.id, [first, unknownId, 'x'], true)
      expect(ignored).toEqual([first])
      const like = { ...(await toState(second, [b])), likeId: first }
      await place({ placed: [{ sightingId: b, strangerId: second }], strangers: [like] })
      expect(await store.strangers.get(collection.id, second)).toMatchObject({
        ...{ status: 'ignored', likeId: first },
      })
      expect(await store.strangers.setIgnored(collection.id, [first], false)).toEqual([first])
      for (const id of [first, second]) {
        const stranger = await store.strangers.get(collection.id, id)
        expect(stranger.status).toBe('shown')
        expect(stranger).not.toHaveProperty('likeId')
      }
    })

    it('makes a stranger a person, and takes it back', async () => {
      const ids = await store.strangers.record(collection.id, [makeSighting(1), makeSighting(2)])
      const [a, b] = ids as [string, string]
      await place({ sightings: { [first]: [a], [second]: [b] } })
      const { id: personId } = await store.persons.create(collection.id, { name: 'Ann' })
      const as = { personId, anchorId: personId }
      await expectCode(store.strangers.assign(collection.id, first, nobody), 'personNotFound')
      const assigned = await store.strangers.assign(collection.id, first, as)
      expect(assigned).toMatchObject({ id: first, status: 'assigned', personId })
      await expectCode(store.strangers.assign(collection.id, first, as), 'strangerConflict')
      expect(await store.strangers.setIgnored(collection.id, [first], true)).toEqual([])
      expect(await store.strangers.ids(collection)).toEqual([second])
      const records = await store.strangers.records(collection, { since: 0, limit: 10 })
      expect(records.map(({ id }) => id)).toEqual([second])
      const { items } = await store.strangers.sightings(collection.id, { personId })
      expect(items).toMatchObject([{ id: a, personId, strangerId: first }])
      const back = await store.strangers.unassign(collection.id, first)
      expect(back).toMatchObject({ id: first, status: 'shown', count: 1 })
      expect(back).not.toHaveProperty('personId')
      await expectCode(store.strangers.unassign(collection.id, first), 'strangerConflict')
      expect(await store.strangers.ids(collection)).toEqual([first, second])
    })

    it('follows the history: an undo takes an assignment back, and the next one does it again', async () => {
      const [a] = await store.strangers.record(collection.id, [makeSighting(1)])
      await place({ sightings: { [first]: [a!] } })
      const { person, faces } = await store.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      const as = { personId: person.id, anchorId: faces[0]!.id }
      await store.strangers.assign(collection.id, first, as)
      const [entry] = (await store.history.list(collection.id)).items
      const undone = await store.history.undo(collection.id, entry!.id, { undoable: true })
      const stranger = await store.strangers.get(collection.id, first)
      expect(stranger).toMatchObject({ status: 'shown', count: 1 })
      expect(stranger).not.toHaveProperty('personId')
      await store.history.undo(collection.id, undone.id, { undoable: true })
      expect(await store.strangers.get(collection.id, first)).toMatchObject({
        ...{ status: 'assigned', personId: person.id },
      })
      // What is deleted can come back; what is erased cannot, and takes the sightings with it.
      await store.persons.delete(collection.id, person.id, { undoable: true })
      expect(await store.strangers.get(collection.id, first)).toMatchObject({ status: 'assigned' })
      await store.persons.delete(collection.id, person.id)
      await expectCode(store.strangers.get(collection.id, first), 'strangerNotFound')
      expect((await store.strangers.counts(collection.id)).sightings).toBe(0)
    })

    it('erases strangers that are no faces, and sightings with all that came of them', async () => {
      const given = [1, 2, 3, 4].map((seed) => makeSighting(seed))
      const crop = { bytes: Uint8Array.of(1) }
      const ids = await store.strangers.record(
        collection.id,
        given.map((sighting) => ({ ...sighting, crop })),
      )
      const [a, b, c, d] = ids as [string, string, string, string]
      await place({ sightings: { [first]: [a, b], [second]: [c] } })
      const before = await claim()
      expect(await store.strangers.discard(collection.id, [second, second, unknownId])).toEqual([
        second,
      ])
      await expectCode(store.strangers.get(collection.id, second), 'strangerNotFound')
      await expectCode(store.strangers.getCrop(collection.id, c), 'sightingNotFound')
      // Who places sightings has to look again.
      expect(await claim()).toBeGreaterThan(before)
      expect(await store.strangers.forget(collection.id, [a, c, d, unknownId])).toBe(2)
      const [record] = await store.strangers.records(collection, { since: before, limit: 10 })
      expect(record).toMatchObject({ id: first, count: 1, members: [{ sightingId: b }] })
      for (const [i, value] of record!.sum.entries()) {
        expect(value).toBeCloseTo(given[1]!.embedding[i]!, 6)
      }
      expect(await store.strangers.get(collection.id, first)).toMatchObject({
        ...{ count: 1, coverId: b, firstSeenAt: at(2), lastSeenAt: at(2) },
      })
      expect(await store.strangers.forget(collection.id, [b])).toBe(1)
      await expectCode(store.strangers.get(collection.id, first), 'strangerNotFound')
      expect(await store.strangers.counts(collection.id)).toEqual({
        ...{ strangers: 0, sightings: 0, waiting: 0 },
      })
    })

    it('erases what is old or too much, in parts, but not what tells those who are ignored', async () => {
      const ids = await store.strangers.record(
        collection.id,
        [1, 2, 3, 4, 5].map((seed) => makeSighting(seed)),
      )
      const [a, b, c, d, e] = ids as [string, string, string, string, string]
      await place({ sightings: { [first]: [a, b], [second]: [c, d] } })
      await store.strangers.setIgnored(collection.id, [first], true)
      const expire = (options: object) =>
        store.strangers.expire(collection.id, { ...keepAll, ...options })
      const left = async () =>
        (await store.strangers.sightings(collection.id)).items.map(({ id }) => id)
      expect(await expire({})).toBe(0)
      expect(await expire({ seenBefore: at(4) })).toBe(1)
      expect(await left()).toEqual([e, d, b, a])
      expect(await store.strangers.get(collection.id, second)).toMatchObject({
        count: 1,
        coverId: d,
      })
      expect(await expire({ seenBefore: at(9), limit: 1 })).toBe(1)
      expect(await left()).toEqual([e, b, a])
      expect(await expire({ maxSightings: 2 })).toBe(1)
      expect(await left()).toEqual([e, b])
      expect(await expire({ seenBefore: at(9), ignoredSince: at(9) })).toBe(2)
      expect(await store.strangers.counts(collection.id)).toMatchObject({
        strangers: 0,
        sightings: 0,
      })
    })

    it('deletes everything of it with the collection', async () => {
      const ids = await store.strangers.record(collection.id, [makeSighting(1), makeSighting(2)])
      await place({ sightings: { [first]: [ids[0]!] } })
      await store.collections.delete(collection.name)
      await expectCode(store.strangers.get(collection.id, first), 'strangerNotFound')
      expect((await store.strangers.list(collection.id)).items).toEqual([])
      expect((await store.strangers.sightings(collection.id)).items).toEqual([])
      expect(await store.strangers.embedded(collection.id, ids)).toEqual([])
      await expectCode(
        store.strangers.record(collection.id, [makeSighting(3)]),
        'collectionNotFound',
      )
    })
  })
}
