import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Actor, libraryActor } from '../../../src/core/actor.ts'
import type { Database } from '../../../src/storage/database.ts'
import type { ClaimedJob, NewJob } from '../../../src/storage/ports/jobs.ts'
import { maxLapses } from '../../../src/storage/rules/jobs.ts'
import { expectCode } from '../../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../../helpers/faces.ts'
import { type DatabaseFixture, type DatabaseUnderTest, readPages, unknownId } from './fixture.ts'

const kinds = ['copy']
const leaseMs = 60_000
const shortMs = 20
const aJob: NewJob = { kind: 'copy', input: { to: 'there', deep: [{ n: 1 }] } }
const result = { faces: 3 }

/** What the port `jobs` does in every database. */
export function describeJobs(under: () => DatabaseUnderTest): void {
  describe('jobs', () => {
    let store: Database
    let fixture: DatabaseFixture

    beforeEach(() => {
      ;({ store, fixture } = under())
    })

    async function claim(options: { leaseMs?: number } = {}): Promise<ClaimedJob> {
      const claimed = await store.jobs.claim(kinds, { leaseMs, ...options })
      expect(claimed).toBeDefined()
      return claimed!
    }

    /** A claim whose lease has ended. */
    async function claimAndDie(): Promise<ClaimedJob> {
      const claimed = await claim({ leaseMs: shortMs })
      await sleep(2 * shortMs)
      return claimed
    }

    it('keeps a job and who made it, also for another process', async () => {
      const ann: Actor = { kind: 'commandLine', id: '1000', name: 'ann' }
      const { id: collectionId } = await makeCollection(store)
      const job = await store.as({ actor: ann }).jobs.create({ ...aJob, collectionId })
      expect(job).toEqual({
        ...aJob,
        ...{ id: expect.stringMatching(/^[0-9A-Z]{26}$/), collectionId, state: 'queued' },
        ...{ attempts: 0, createdBy: ann, createdAt: expect.stringMatching(/Z$/), revision: 1 },
      })
      expect(await (await fixture.open()).jobs.get(job.id)).toEqual(job)
      const other = await store.jobs.create(aJob)
      expect(other).not.toHaveProperty('collectionId')
      expect(other.createdBy).toEqual(libraryActor)
    })

    it('refuses what is no job', async () => {
      let deep: object = {}
      for (let level = 0; level < 20; level++) deep = { deep }
      await expectCode(store.jobs.create({ kind: '', input: {} }), 'invalidRequest')
      await expectCode(store.jobs.create({ kind: 'a b', input: {} }), 'invalidRequest')
      await expectCode(store.jobs.create({ kind: 'copy', input: deep as never }), 'invalidRequest')
      await expectCode(
        store.jobs.create({ ...aJob, collectionId: unknownId }),
        'collectionNotFound',
      )
      for (const id of [unknownId, 'x']) {
        await expectCode(store.jobs.get(id), 'jobNotFound')
        await expectCode(store.jobs.ask(id, 'paused'), 'jobNotFound')
        await expectCode(store.jobs.items(id), 'jobNotFound')
        await expectCode(store.jobs.remove(id), 'jobNotFound')
      }
      expect((await store.jobs.list()).items).toEqual([])
    })

    it('lists jobs newest first, in pages, by state, kind and collection', async () => {
      const { id: collectionId } = await makeCollection(store)
      const ids: string[] = []
      for (let i = 0; i < 5; i++) {
        const of = i % 2 === 0 ? { collectionId } : { kind: 'other' }
        ids.push((await store.jobs.create({ ...aJob, ...of })).id)
      }
      const [a, b, c, d, e] = ids as [string, string, string, string, string]
      const pages = await readPages((options) => store.jobs.list(options), 2)
      expect(pages.map((page) => page.map(({ id }) => id))).toEqual([[e, d], [c, b], [a]])
      const listed = async (filter: object): Promise<string[]> =>
        (await store.jobs.list(filter)).items.map(({ id }) => id)
      expect(await listed({ kind: 'other' })).toEqual([d, b])
      expect(await listed({ collectionIds: [collectionId] })).toEqual([e, c, a])
      expect(await listed({ collectionIds: [] })).toEqual([])
      await store.jobs.ask(c, 'paused')
      expect(await listed({ state: 'paused' })).toEqual([c])
      expect(await listed({ state: 'paused', kind: 'other' })).toEqual([])
      await expectCode(store.jobs.list({ limit: 0 }), 'invalidOption')
      await expectCode(store.jobs.list({ cursor: 'x' }), 'invalidCursor')
    })

    it('gives each job to one node, the oldest first', async () => {
      const first = await store.jobs.create(aJob)
      const second = await store.jobs.create(aJob)
      const other = await store.jobs.create({ ...aJob, kind: 'other' })
      const nodes = [store, await fixture.open(), await fixture.open()]
      expect(await store.jobs.isDue(kinds)).toBe(true)
      const claims = await Promise.all(nodes.map(({ jobs }) => jobs.claim(kinds, { leaseMs })))
      const got = claims.flatMap((claimed) => claimed?.job.id ?? [])
      expect(got.sort()).toEqual([first.id, second.id])
      expect(await store.jobs.isDue(kinds)).toBe(false)
      const { job, lease, ...rest } = await claim2('other')
      expect(job).toMatchObject({ id: other.id, state: 'running', attempts: 1 })
      expect(job.startedAt).toMatch(/Z$/)
      expect(lease).toEqual({ id: other.id, attempt: 1 })
      expect(rest).toEqual({})

      async function claim2(kind: string): Promise<ClaimedJob> {
        return (await store.jobs.claim([kind], { leaseMs }))!
      }
    })

    it('leaves a job to its maker who runs it, until the lease ends', async () => {
      const job = await store.jobs.create(aJob, { leaseMs: 10 * shortMs })
      expect(job).toMatchObject({ state: 'running', attempts: 1, startedAt: expect.any(String) })
      expect(await store.jobs.claim(kinds, { leaseMs })).toBeUndefined()
      const lease = { id: job.id, attempt: 1 }
      expect(await store.jobs.save(lease, { leaseMs: shortMs })).toBeDefined()
      await sleep(2 * shortMs)
      expect((await claim()).lease).toEqual({ id: job.id, attempt: 2 })
    })

    it('tells who takes a job up what it was asked to become meanwhile', async () => {
      const { id } = await store.jobs.create(aJob, { leaseMs: shortMs })
      await store.jobs.ask(id, 'cancelled')
      await sleep(2 * shortMs)
      expect((await claim()).job).toMatchObject({ id, state: 'running', wanted: 'cancelled' })
    })

    it('keeps progress, checkpoint and items together, and goes on from there', async () => {
      await store.jobs.create(aJob)
      const { lease, job } = await claim({ leaseMs: shortMs })
      const progress = { stage: 'faces', done: 2, total: 10 }
      const { person } = await addPerson()
      const items = [
        { rejected: false, personId: person.id, body: { fileName: 'a.jpg' } },
        { rejected: true, body: { fileName: 'b.jpg', reasons: ['noFace'] } },
      ]
      const saved = await store.jobs.save(lease, {
        ...{ progress, checkpoint: { next: 2 }, items, leaseMs: shortMs },
      })
      expect(saved).toEqual({ ...job, progress, revision: job.revision + 1 })
      await sleep(2 * shortMs)
      const again = await claim()
      expect(again).toMatchObject({ checkpoint: { next: 2 }, job: { attempts: 2, progress } })
      expect(again.job.startedAt).toBe(job.startedAt)
      const more = [{ rejected: true, body: { fileName: 'c.jpg' } }]
      await store.jobs.save(again.lease, { items: more, leaseMs })
      expect(await readItems(job.id)).toEqual([...items, ...more])
      const pages = await readPages((options) => store.jobs.items(job.id, options), 2)
      expect(pages.map(({ length }) => length)).toEqual([2, 1])
      const { items: rejected } = await store.jobs.items(job.id, { rejected: true })
      expect(rejected.map(({ body }) => body.fileName)).toEqual(['b.jpg', 'c.jpg'])
      const { items: accepted } = await store.jobs.items(job.id, { rejected: false })
      expect(accepted.map(({ body }) => body.fileName)).toEqual(['a.jpg'])
      await expectCode(store.jobs.items(job.id, { cursor: 'x' }), 'invalidCursor')
    })

    it('keeps the parts of a file until the job is over', async () => {
      const bytes = (value: number) => new Uint8Array(1024 * 1024).fill(value)
      const parts = async (id: string) => [
        await store.jobs.getPart(id, 0),
        await store.jobs.getPart(id, 1),
      ]
      for (const over of ['done', 'cancelled', 'failed'] as const) {
        const { id } = await store.jobs.create(aJob, { leaseMs: 10 * shortMs })
        const own = { id, attempt: 1 }
        expect(await store.jobs.putPart(own, 0, bytes(7))).toBe(true)
        expect(await store.jobs.putPart(own, 0, bytes(1))).toBe(true)
        expect(await store.jobs.putPart(own, 1, bytes(2).subarray(5, 8))).toBe(true)
        await store.jobs.end(own, { state: 'queued' })
        expect(await store.jobs.putPart(own, 1, bytes(9))).toBe(false)
        const [first, second] = await parts(id)
        expect(Buffer.from(first!).equals(bytes(1))).toBe(true)
        expect(second).toEqual(new Uint8Array(3).fill(2))
        const { lease } = await claim()
        await store.jobs.save(lease, { checkpoint: { next: 1 }, leaseMs })
        const failure = { code: 'internal', message: 'x' }
        if (over === 'done') await store.jobs.end(lease, { state: over, result })
        else if (over === 'failed') await store.jobs.end(lease, { state: over, failure })
        else await store.jobs.end(lease, { state: over })
        // One that failed can be tried again.
        const isKept = over === 'failed'
        const left = await parts(id)
        expect(left.map((part) => part !== undefined)).toEqual([isKept, isKept])
        await store.jobs.remove(id)
        await expect.poll(() => parts(id)).toEqual([undefined, undefined])
      }
      expect(await store.jobs.getPart('x', 0)).toBeUndefined()
      const { id } = await store.jobs.create(aJob, { leaseMs })
      const own = { id, attempt: 1 }
      await store.jobs.putPart(own, 0, bytes(1))
      await expectCode(
        (async () => store.jobs.putPart(own, 0, new Uint8Array(1024 * 1024 + 1)))(),
        'invalidOption',
      )
      await expectCode((async () => store.jobs.putPart(own, -1, bytes(1)))(), 'invalidOption')
      // Without a checkpoint nothing would go on from them.
      const failure = { code: 'internal', message: 'x' }
      await store.jobs.end(own, { state: 'failed', failure })
      expect(await store.jobs.getPart(id, 0)).toBeUndefined()
    })

    it('ends with a result, or with a failure', async () => {
      await store.jobs.create(aJob)
      await store.jobs.create(aJob)
      const one = await claim()
      await store.jobs.save(one.lease, { checkpoint: { next: 1 }, leaseMs })
      const done = await store.jobs.end(one.lease, { state: 'done', result })
      expect(done).toMatchObject({ state: 'done', result, endedAt: expect.stringMatching(/Z$/) })
      expect(await store.jobs.get(one.job.id)).toEqual(done)
      const two = await claim()
      const failure = { code: 'storeFull', message: 'The disk is full.' }
      const items = [{ rejected: true, body: { fileName: 'x.jpg' } }]
      const failed = await store.jobs.end(two.lease, { state: 'failed', failure, items })
      expect(failed).toMatchObject({ state: 'failed', failure })
      expect(failed).not.toHaveProperty('result')
      expect(await readItems(two.job.id)).toEqual(items)
      expect(await store.jobs.isDue(kinds)).toBe(false)
    })

    it('takes nothing from one whose lease is over', async () => {
      await store.jobs.create(aJob)
      const first = await claimAndDie()
      const second = await claim()
      const items = [{ rejected: false, body: {} }]
      const late = { progress: { stage: 'x', done: 9 }, checkpoint: { next: 9 }, items, leaseMs }
      expect(await store.jobs.save(first.lease, late)).toBeUndefined()
      expect(await store.jobs.end(first.lease, { state: 'done', result })).toBeUndefined()
      expect(await store.jobs.get(first.job.id)).toEqual(second.job)
      expect(await readItems(first.job.id)).toEqual([])
      await store.jobs.end(second.lease, { state: 'done', result })
      expect(await store.jobs.save(second.lease, { leaseMs })).toBeUndefined()
    })

    it('keeps the lease of one who goes on saving', async () => {
      await store.jobs.create(aJob)
      const shortLease = { leaseMs: 40 * shortMs }
      const { lease } = await claim(shortLease)
      for (let i = 0; i < 4; i++) {
        await sleep(12 * shortMs)
        expect(await store.jobs.save(lease, shortLease)).toBeDefined()
        expect(await store.jobs.isDue(kinds)).toBe(false)
      }
    })

    it('gives up a job that ends those who run it, unless it gets on', async () => {
      const { id } = await store.jobs.create(aJob)
      for (let i = 0; i < maxLapses; i++) await claimAndDie()
      const { lease } = await claim({ leaseMs: shortMs })
      await store.jobs.save(lease, { checkpoint: { next: 1 }, leaseMs: shortMs })
      await sleep(2 * shortMs)
      for (let i = 0; i < maxLapses; i++) await claimAndDie()
      expect(await store.jobs.claim(kinds, { leaseMs })).toBeUndefined()
      const given = await store.jobs.get(id)
      expect(given).toMatchObject({ state: 'failed', failure: { code: 'workerFailed' } })
      // Asked to, it tries again from where it was.
      const asked = await store.jobs.ask(id, 'queued')
      for (const key of ['failure', 'endedAt']) expect(asked).not.toHaveProperty(key)
      expect((await claim()).checkpoint).toEqual({ next: 1 })
    })

    it('pauses, resumes and cancels a job that waits at once', async () => {
      const { id } = await store.jobs.create(aJob)
      expect(await store.jobs.ask(id, 'paused')).toMatchObject({ state: 'paused', revision: 2 })
      expect(await store.jobs.ask(id, 'paused')).toMatchObject({ state: 'paused', revision: 2 })
      expect(await store.jobs.isDue(kinds)).toBe(false)
      expect(await store.jobs.ask(id, 'queued')).toMatchObject({ state: 'queued' })
      expect(await store.jobs.isDue(kinds)).toBe(true)
      const cancelled = await store.jobs.ask(id, 'cancelled')
      expect(cancelled).toMatchObject({ state: 'cancelled', endedAt: expect.any(String) })
      expect(await store.jobs.ask(id, 'cancelled')).toEqual(cancelled)
      await expectCode(store.jobs.ask(id, 'queued'), 'jobConflict')
      await expectCode(store.jobs.ask(id, 'paused'), 'jobConflict')
    })

    it('tells a running job what it is to become', async () => {
      const { id } = await store.jobs.create(aJob)
      const { lease } = await claim()
      const wanted = async () => (await store.jobs.save(lease, { leaseMs }))?.wanted
      expect(await wanted()).toBeUndefined()
      expect(await store.jobs.ask(id, 'paused')).toMatchObject({ state: 'running' })
      expect(await wanted()).toBe('paused')
      await store.jobs.ask(id, 'queued')
      expect(await wanted()).toBeUndefined()
      await store.jobs.ask(id, 'paused')
      await store.jobs.ask(id, 'cancelled')
      expect(await wanted()).toBe('cancelled')
      await expectCode(store.jobs.ask(id, 'paused'), 'jobConflict')
      const ended = await store.jobs.end(lease, { state: 'cancelled' })
      expect(ended).toMatchObject({ state: 'cancelled' })
      expect(ended).not.toHaveProperty('wanted')
    })

    it('does not queue again what was to become something else meanwhile', async () => {
      const { id } = await store.jobs.create(aJob)
      const { lease } = await claim()
      await store.jobs.ask(id, 'paused')
      expect(await store.jobs.end(lease, { state: 'queued' })).toMatchObject({ state: 'paused' })
      await store.jobs.ask(id, 'queued')
      const again = await claim()
      expect(await store.jobs.end(again.lease, { state: 'queued' })).toMatchObject({
        state: 'queued',
      })
      expect((await claim()).job.attempts).toBe(3)
    })

    it('removes jobs that have ended, with their items, by id and by age', async () => {
      const { id } = await store.jobs.create(aJob)
      await expectCode(store.jobs.remove(id), 'jobConflict')
      const { lease } = await claim()
      await expectCode(store.jobs.remove(id), 'jobConflict')
      const items = [{ rejected: true, body: { fileName: 'a.jpg' } }]
      await store.jobs.end(lease, { state: 'done', result, items })
      await store.jobs.remove(id)
      await expectCode(store.jobs.get(id), 'jobNotFound')
      const ids: string[] = []
      for (let i = 0; i < 3; i++) {
        ids.push((await store.jobs.create(aJob)).id)
        await store.jobs.ask(ids[i]!, 'cancelled')
      }
      const waiting = await store.jobs.create(aJob)
      expect(await store.jobs.expire('2000-01-01T00:00:00.000Z', 10)).toBe(0)
      expect(await store.jobs.expire('2999-01-01T00:00:00.000Z', 2)).toBe(2)
      expect(await store.jobs.expire('2999-01-01T00:00:00.000Z', 2)).toBe(1)
      expect((await store.jobs.list()).items).toEqual([waiting])
    })

    it('forgets a person with whom an item is about, and all jobs of a collection with it', async () => {
      const { collection, person } = await addPerson()
      const mine = await store.jobs.create({ ...aJob, collectionId: collection.id })
      const other = await store.jobs.create(aJob)
      const about = (personId: string) => ({ rejected: false, personId, body: { fileName: 'a' } })
      const kept = { rejected: true, body: { fileName: 'b' } }
      for (const { id } of [mine, other]) {
        const { lease, job } = await claim()
        expect(job.id).toBe(id)
        await store.jobs.save(lease, { items: [about(person.id), kept], leaseMs })
      }
      await store.persons.delete(collection.id, person.id)
      for (const { id } of [mine, other]) expect(await readItems(id)).toEqual([kept])
      // One who writes it down too late.
      const late = { items: [about(person.id), kept], leaseMs }
      await store.jobs.save({ id: other.id, attempt: 1 }, late)
      expect(await readItems(other.id)).toEqual([kept, kept])
      await store.collections.delete(collection.name)
      await expectCode(store.jobs.get(mine.id), 'jobNotFound')
      expect((await store.jobs.list()).items.map(({ id }) => id)).toEqual([other.id])
      expect(await store.jobs.save({ id: mine.id, attempt: 1 }, { leaseMs })).toBeUndefined()
    })

    async function addPerson() {
      const collection = await makeCollection(store)
      return {
        collection,
        ...(await store.faces.add(collection.id, { name: 'A' }, [makeFace(1)])),
      }
    }

    async function readItems(id: string): Promise<object[]> {
      const { items } = await store.jobs.items(id)
      return items.map(({ id: _, ...item }) => item)
    }
  })
}
