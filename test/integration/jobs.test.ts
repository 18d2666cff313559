import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Actor } from '../../src/core/actor.ts'
import { FaceError } from '../../src/core/errors.ts'
import type { JobContext, JobKind, JobKinds } from '../../src/jobs/job-kind.ts'
import { createJobService, type JobService } from '../../src/jobs/service.ts'
import type { FaceWatcher } from '../../src/recognition/face-watcher.ts'
import { createUseCases } from '../../src/recognition/use-cases.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Job, JobState, JsonObject } from '../../src/storage/ports/jobs.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { createFakeDependencies, image } from '../helpers/fake-recognition.ts'
import { createTestKinds } from '../helpers/job-kinds.ts'

const leaseMs = 600
const ann: Actor = { kind: 'apiKey', id: 'k1', name: 'ann' }

let directory: string
let store: Database
let faceWatcher: FaceWatcher
let body: (input: JsonObject, context: JobContext) => Promise<JsonObject>
const services: JobService[] = []

/** Of one kind, whose work a test says, and those that there are. */
const createKinds = (): JobKinds =>
  new Map([
    ...createTestKinds({ store, faceWatcher }),
    ['work', { name: 'work', parse: (input) => input, run: (...args) => body(...args) } as JobKind],
  ])

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-jobs-'))
  store = await openStore()
  const deps = await createFakeDependencies()
  faceWatcher = createUseCases(deps)
})

afterEach(async () => {
  vi.useRealTimers()
  for (const service of services.splice(0)) await service.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const openStore = (): Promise<Database> =>
  createSqliteStore({ file: join(directory, 'jobs.sqlite') })

function start(options: { concurrency?: number; keepMs?: number; store?: Database } = {}) {
  const service = createJobService({
    ...{ store, kinds: createKinds(), concurrency: 1, keepMs: 1e9, leaseMs, pollMs: 50 },
    ...options,
  })
  services.push(service)
  return service
}

async function until(id: string, state: JobState): Promise<Job> {
  await expect.poll(async () => (await store.jobs.get(id)).state, { timeout: 10_000 }).toBe(state)
  return store.jobs.get(id)
}

/** Counts to `total` from the checkpoint, slowly, and saves each step. */
function countTo(total: number, stepMs = 20): typeof body {
  return async (_input, { checkpoint, report, save }) => {
    for (let done = Number(checkpoint?.done ?? 0) + 1; done <= total; done++) {
      await sleep(stepMs)
      report({ stage: 'steps', done, total })
      await save({ done }, [{ rejected: done % 2 === 0, body: { done } }])
    }
    return { counted: total }
  }
}

async function readDone(id: string): Promise<unknown[]> {
  return (await store.jobs.items(id)).items.map((item) => item.body.done)
}

describe('a job', () => {
  it('is run, tells how far it is and how fast, and answers its result', async () => {
    body = countTo(40)
    const { jobs } = start()
    const seen: Job[] = []
    const { id } = await jobs.start({ kind: 'work', input: { a: 1 } })
    for await (const job of jobs.watch(id, { signal: new AbortController().signal })) seen.push(job)
    expect(seen.at(-1)).toMatchObject({
      ...{ state: 'done', result: { counted: 40 }, input: { a: 1 }, attempts: 1 },
      progress: { stage: 'steps', done: 40, total: 40, remainingSeconds: 0 },
    })
    const revisions = seen.map(({ revision }) => revision)
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
    expect(revisions.length).toBeGreaterThan(10)
    expect(seen.at(-1)?.progress?.perSecond).toBeGreaterThan(5)
    expect(await readDone(id)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    const { items } = await jobs.items(id, { rejected: true })
    expect(items).toHaveLength(20)
  })

  it('fails with an error of the catalogue, and tells nothing of a fault of ours', async () => {
    const { jobs } = start()
    body = async () => {
      throw new FaceError('storeFull', { detail: 'No room.' })
    }
    const known = await jobs.start({ kind: 'work' })
    expect((await until(known.id, 'failed')).failure).toEqual({
      code: 'storeFull',
      message: new FaceError('storeFull', { detail: 'No room.' }).message,
    })
    body = async () => {
      throw new Error('/secret/path')
    }
    const fault = await jobs.start({ kind: 'work' })
    const { failure } = await until(fault.id, 'failed')
    expect(failure).toEqual({ code: 'internal', message: new FaceError('internal').message })
    // Tried again when it is asked to.
    body = countTo(1)
    await jobs.ask(fault.id, 'queued')
    expect(await until(fault.id, 'done')).not.toHaveProperty('failure')
  })

  it('refuses an unknown kind, wrong input and a collection that is not there', async () => {
    const { jobs } = start()
    await expectCode(jobs.start({ kind: 'none' }), 'invalidRequest')
    await expectCode(jobs.start({ kind: 'indexVerify', input: { x: 1 } }), 'invalidRequest')
    await expectCode(jobs.start({ kind: 'work', collection: 'none' }), 'collectionNotFound')
    expect((await jobs.list()).items).toEqual([])
  })

  it('is paused at a safe place, and goes on from there', async () => {
    body = countTo(30)
    const { jobs } = start()
    const { id } = await jobs.start({ kind: 'work' })
    await expect.poll(async () => (await jobs.get(id)).progress?.done ?? 0).toBeGreaterThan(3)
    await jobs.ask(id, 'paused')
    await until(id, 'paused')
    const before = await readDone(id)
    await sleep(200)
    expect(await readDone(id)).toEqual(before)
    await jobs.ask(id, 'queued')
    expect(await until(id, 'done')).toMatchObject({ attempts: 2 })
    expect(await readDone(id)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  it('is cancelled, also while it saves nothing', async () => {
    let aborted = false
    body = async (_input, { signal }) => {
      await sleep(60_000, undefined, { signal }).catch(() => {
        aborted = true
      })
      signal.throwIfAborted()
      return {}
    }
    const { jobs } = start()
    const { id } = await jobs.start({ kind: 'work' })
    await until(id, 'running')
    expect(await jobs.ask(id, 'cancelled')).toMatchObject({ wanted: 'cancelled' })
    await until(id, 'cancelled')
    expect(aborted).toBe(true)
  })

  it('goes on at another node when its own ends, each thing done once', async () => {
    body = countTo(30)
    const first = start()
    const { id } = await first.jobs.start({ kind: 'work' })
    await expect.poll(async () => (await store.jobs.get(id)).progress?.done ?? 0).toBeGreaterThan(3)
    await first.close()
    expect(await store.jobs.get(id)).toMatchObject({ state: 'queued', attempts: 1 })
    start()
    expect(await until(id, 'done')).toMatchObject({ attempts: 2 })
    expect(await readDone(id)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  it('is taken over from a node that does not answer any more', async () => {
    body = countTo(3)
    const { id } = await store.jobs.create({ kind: 'work', input: {} })
    const lost = (await store.jobs.claim(['work'], { leaseMs: 300 }))!
    const saved = { checkpoint: { done: 2 }, leaseMs: 300 }
    await store.jobs.save(lost.lease, { ...saved, items: [{ rejected: false, body: { done: 2 } }] })
    start()
    expect(await until(id, 'done')).toMatchObject({ attempts: 2 })
    expect(await readDone(id)).toEqual([2, 3])
    expect(await store.jobs.save(lost.lease, saved)).toBeUndefined()
  })

  it('is given up by a node that cannot reach the database until its lease is over', async () => {
    const own = await openStore()
    let isDown = false
    const orDown = <P extends unknown[], R>(method: (...parameters: P) => Promise<R>) => {
      return (...parameters: P): Promise<R> =>
        isDown ? Promise.reject(new FaceError('storeUnavailable')) : method(...parameters)
    }
    const { save, isDue, end } = own.jobs
    const reached = { save: orDown(save), isDue: orDown(isDue), end: orDown(end) }
    let reason: unknown
    body = async (_input, { signal }) => {
      await sleep(60_000, undefined, { signal }).catch(() => undefined)
      reason = signal.reason
      signal.throwIfAborted()
      return {}
    }
    const cut = start({ store: { ...own, jobs: { ...own.jobs, ...reached } } })
    const { id } = await cut.jobs.start({ kind: 'work' })
    await until(id, 'running')
    isDown = true
    await expect.poll(() => reason, { timeout: 5000 }).toMatchObject({ becomes: 'lost' })
    await cut.close()
    expect(await store.jobs.get(id)).toMatchObject({ state: 'running', attempts: 1 })
    body = countTo(1)
    start()
    expect(await until(id, 'done')).toMatchObject({ attempts: 2 })
    await own.close()
  })

  it('tells after a tenth of it what the rest will take, within a fifth', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const told: { readonly at: number; readonly done: number; readonly left?: number }[] = []
    body = async (_input, { report, save }) => {
      // As of 200 photographs: networks are loaded first, and single ones take longer.
      for (let done = 0; done <= 200; done++) {
        report({ stage: 'steps', done, total: 200 })
        if (done % 8 === 0) await save({ done })
        vi.advanceTimersByTime(done === 0 ? 1500 : 80 + 40 * ((done * 7) % 3))
      }
      return {}
    }
    const { jobs } = start({ concurrency: 0 })
    await jobs.run(
      { kind: 'work' },
      {
        onProgress: ({ done, remainingSeconds: left }) =>
          told.push({ done, at: performance.now(), ...(left === undefined ? {} : { left }) }),
      },
    )
    const end = told.at(-1)!.at
    const tenth = told.filter(({ done }) => done >= 20 && done <= 190)
    for (const { at, left = Number.NaN } of tenth) {
      const right = (end - at) / 1000
      expect(Math.abs(left - right) / right).toBeLessThan(0.2)
    }
    expect(tenth).toHaveLength(171)
  })

  it('is an evaluation whose command has ended, which nobody else goes on with', async () => {
    const { jobs } = start()
    const input = { protocol: 'fmr', modelId: 'm', data: '/photographs', machine: 'x' }
    const { id } = await jobs.start({ kind: 'evaluation', input })
    expect((await until(id, 'failed')).failure).toMatchObject({
      ...{ code: 'aborted', message: expect.stringContaining('Run it again') },
    })
  })

  it('is run in front of its maker, and by nobody else meanwhile', async () => {
    let running = 0
    body = async (_input, { report, save }) => {
      running++
      for (let done = 1; done <= 20; done++) {
        report({ stage: 'steps', done, total: 20 })
        await save({ done })
        await sleep(20)
      }
      return { ok: true }
    }
    start()
    const foreground = start({ concurrency: 0 })
    const seen: number[] = []
    const job = await foreground.jobs.run(
      { kind: 'work' },
      { onProgress: ({ done }) => seen.push(done) },
    )
    expect(job).toMatchObject({ state: 'done', result: { ok: true }, attempts: 1 })
    expect(running).toBe(1)
    expect(seen.length).toBeGreaterThan(15)
    const stop = new AbortController()
    const cancelled = foreground.jobs.run({ kind: 'work' }, { signal: stop.signal })
    setTimeout(() => stop.abort(), 100)
    expect(await cancelled).toMatchObject({ state: 'cancelled' })
  })

  it('runs for who made it, of whom it is told', async () => {
    let actor: unknown
    body = async (_input, context) => {
      actor = context.job.createdBy
      return {}
    }
    const { jobs } = start()
    const { id } = await jobs.as({ actor: ann }).start({ kind: 'work' })
    expect((await until(id, 'done')).createdBy).toEqual(ann)
    expect(actor).toEqual(ann)
  })

  it('is one of several that run at once, as many as are allowed', async () => {
    let most = 0
    let running = 0
    body = async () => {
      most = Math.max(most, ++running)
      await sleep(100)
      running--
      return {}
    }
    const { jobs } = start({ concurrency: 2 })
    const made = await Promise.all(Array.from({ length: 6 }, () => jobs.start({ kind: 'work' })))
    for (const { id } of made) await until(id, 'done')
    expect(most).toBe(2)
  })

  it('is forgotten some time after its end', async () => {
    const { id } = await store.jobs.create({ kind: 'work', input: {} })
    await store.jobs.ask(id, 'cancelled')
    await sleep(10)
    start({ keepMs: 0 })
    await expect.poll(async () => (await store.jobs.list()).items).toEqual([])
  })
})

it('names every kind in the guide', () => {
  const guide = readFileSync(new URL('../../docs/guides/jobs.md', import.meta.url), 'utf8')
  for (const name of createTestKinds({ store, faceWatcher }).keys()) {
    expect(guide).toContain(`| \`${name}\` |`)
  }
})

describe('the jobs of a collection', () => {
  // Both must be of one database.
  beforeEach(async () => {
    await store.close()
    const deps = await createFakeDependencies()
    store = deps.store
    faceWatcher = createUseCases(deps)
  })

  it('are those that a caller of this collection sees', async () => {
    const { jobs } = start({ concurrency: 0 })
    const { id: mine } = await faceWatcher.collections.create({ name: 'mine' })
    const limited = jobs.as({ actor: ann, collectionIds: [mine] })
    const own = await limited.start({ kind: 'work', collection: 'mine' })
    const other = await jobs.start({ kind: 'work', collection: 'default' })
    const general = await jobs.start({ kind: 'work' })
    expect((await limited.list()).items).toEqual([own])
    expect((await jobs.list()).items).toHaveLength(3)
    for (const { id } of [other, general]) {
      await expectCode(limited.get(id), 'jobNotFound')
      await expectCode(limited.ask(id, 'cancelled'), 'jobNotFound')
      await expectCode(limited.items(id), 'jobNotFound')
      await expectCode(limited.remove(id), 'jobNotFound')
      const signal = new AbortController().signal
      await expectCode(limited.watch(id, { signal }).next(), 'jobNotFound')
    }
    await expectCode(limited.start({ kind: 'work' }), 'forbidden')
    await expectCode(limited.start({ kind: 'work', collection: 'default' }), 'forbidden')
  })

  it('find it by its new name', async () => {
    const waiting = start({ concurrency: 0 })
    await faceWatcher.collections.create({ name: 'staff' })
    await faceWatcher.enroll('staff', { name: 'Ann' }, [{ fileName: 'a.jpg', bytes: image('ann') }])
    const verify = await waiting.jobs.start({ kind: 'indexVerify', collection: 'staff' })
    const rebuild = await waiting.jobs.start({ kind: 'indexRebuild', collection: 'staff' })
    await faceWatcher.collections.update('staff', { name: 'people' })
    start()
    expect((await until(verify.id, 'done')).result).toMatchObject({
      ...{ collection: 'people', checked: 1, counts: { missing: 0, surplus: 0, different: 0 } },
    })
    expect((await until(rebuild.id, 'done')).result).toEqual({ collection: 'people', faces: 1 })
  })
})
