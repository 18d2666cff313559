import { afterEach, describe, expect, it } from 'vitest'
import { createRunGateKeeper } from '../../src/platform/workers/run-gate.ts'
import { shareSettings } from '../../src/vision/analyzer/shared-settings.ts'
import {
  createWorkerPool,
  type WorkerPool,
  type WorkerPoolOptions,
} from '../../src/vision/analyzer/worker-pool.ts'
import { createMemoryBudgetKeeper } from '../../src/vision/pipeline/memory-budget.ts'
import { testLimits } from '../helpers/images.ts'

const file = new URL('../fixtures/vision/stub-worker.mjs', import.meta.url)
const settings = shareSettings({ modelsDir: '/nowhere', models: [], limits: testLimits })
const open: WorkerPool[] = []

function start(options: Partial<WorkerPoolOptions> = {}): WorkerPool {
  const pool = createWorkerPool({ file, workers: 1, maxQueue: 10, ...options })
  open.push(pool)
  return pool
}

function ask(pool: WorkerPool, command: string): Promise<unknown> {
  const image = Uint8Array.from(Buffer.from(command))
  const request = { detector: {}, crops: false } as never
  return pool.post({ settings, queuedAt: 0, work: { kind: 'analyze', image, request } })
}

async function expectFailed(promise: Promise<unknown>): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'FaceError', code: 'workerFailed' })
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((pool) => pool.close()))
})

describe('a worker whose answer cannot be read', () => {
  it('fails that request alone, and is replaced', async () => {
    const pool = start({ workers: 2 })
    for (let round = 0; round < 2; round++) {
      const neighbour = ask(pool, 'sleep 300')
      await expectFailed(ask(pool, 'unreadable'))
      expect(await neighbour).toMatchObject({ kind: 'analysis' })
    }
    expect(pool.stats()).toMatchObject({ workers: 2, queued: 0, running: 0 })
  })
})

describe.each(['never', 'spin'])('a worker that answers %s', (how) => {
  it('fails that request alone when the time is up, and is replaced', async () => {
    const pool = start({ taskTimeoutMs: 1000 })
    const stuck = expect(ask(pool, how)).rejects.toMatchObject({
      ...{ name: 'FaceError', code: 'imageTimeout', info: { imageTimeoutMs: 1000 } },
    })
    await new Promise((resolve) => setTimeout(resolve, 500))
    const waiting = ask(pool, 'ok')
    await stuck
    expect(await waiting).toMatchObject({ kind: 'analysis' })
    expect(pool.stats()).toMatchObject({ workers: 1, queued: 0, running: 0 })
  })

  it('is replaced too when the caller has left', async () => {
    const pool = start({ taskTimeoutMs: 500 })
    const caller = new AbortController()
    const image = Uint8Array.from(Buffer.from(how))
    const request = { detector: {}, crops: false } as never
    const work = { kind: 'analyze', image, request } as const
    const stuck = pool.post({ settings, queuedAt: 0, work }, { signal: caller.signal })
    caller.abort()
    await expect(stuck).rejects.toMatchObject({ code: 'aborted' })
    expect(await ask(pool, 'ok')).toMatchObject({ kind: 'analysis' })
  })

  it('does not hold up close', async () => {
    const pool = start({ closeTimeoutMs: 300 })
    const stuck = expectFailed(ask(pool, how))
    await pool.close()
    await stuck
  })
})

describe('a request', () => {
  it('is given up when no worker comes to it', async () => {
    const pool = start({ taskTimeoutMs: 300, maxQueue: 3 })
    const all = [1, 2, 3, 4].map(() => ask(pool, 'never'))
    const codes = (await Promise.allSettled(all)).map(
      (result) => result.status === 'rejected' && result.reason.code,
    )
    expect(codes[0]).toBe('imageTimeout')
    expect(codes).toContain('overloaded')
    expect(await ask(pool, 'ok')).toMatchObject({ kind: 'analysis' })
  })

  it('has its time from the moment when a worker begins with it', async () => {
    const pool = start({ taskTimeoutMs: 2000 })
    const all = [1, 2, 3, 4].map(() => ask(pool, 'sleep 700'))
    for (const answer of await Promise.all(all)) expect(answer).toMatchObject({ kind: 'analysis' })
  })
})

describe('a pause of the gate', () => {
  it('is not waited for longer than allowed', async () => {
    const keeper = createRunGateKeeper()
    expect(await keeper.waitForPause(0)).toBe(true)
    Atomics.add(new Int32Array(keeper.shared), 1, 1)
    expect(await keeper.waitForPause(10)).toBe(false)
  })
})

describe('a worker that dies with memory reserved', () => {
  it('leaves it to the others', async () => {
    const budget = createMemoryBudgetKeeper(1000 * 1024)
    const pool = start({ workers: 2, budget })
    const hoards = Array.from({ length: 4 }, () => expectFailed(ask(pool, 'hoard 1000000')))
    await Promise.all(hoards)
    expect(await ask(pool, 'ok')).toMatchObject({ kind: 'analysis' })
    await Promise.all(open.splice(0).map((each) => each.close()))
    expect(budget.reservedBytes()).toBe(0)
  })
})
