import { describe, expect, it, vi } from 'vitest'
import {
  endStuckThread,
  endThreadsOfLostAnswers,
  type PauseGate,
  settleWithin,
  type ThreadPool,
} from './calls.ts'

type Listener = Parameters<ThreadPool['on']>[1]

function makePool(threadIds: readonly number[]) {
  const threads = threadIds.map((threadId) => ({ threadId, terminate: vi.fn(async () => 1) }))
  const listeners: Listener[] = []
  const pool: ThreadPool = { threads, on: (_, listener) => listeners.push(listener) }
  return { pool, threads, create: (worker: { readonly id: number }) => listeners[0]!(worker) }
}

describe('endThreadsOfLostAnswers', () => {
  it('ends the thread whose answer cannot be read, and no other', async () => {
    const { pool, threads, create } = makePool([1, 2])
    endThreadsOfLostAnswers(pool)
    const events: [string, () => void][] = []
    const port = { on: (event: string, listener: () => void) => events.push([event, listener]) }
    create({ id: 1, [Symbol('other')]: undefined, [Symbol('inner')]: { port } } as { id: number })
    expect(events.map(([event]) => event)).toEqual(['messageerror'])
    expect(threads[0]!.terminate).not.toHaveBeenCalled()
    events[0]![1]()
    await Promise.resolve()
    expect(threads[0]!.terminate).toHaveBeenCalledOnce()
    expect(threads[1]!.terminate).not.toHaveBeenCalled()
  })

  it('leaves it to the time limit where a worker shows no port', () => {
    const { pool, create } = makePool([1])
    endThreadsOfLostAnswers(pool)
    expect(() => create({ id: 1 })).not.toThrow()
  })
})

/** Native code runs for so many looks at the gate. */
function makeGate(looks: number, atEachLook: () => void = () => {}) {
  let left = looks
  const waitForPause: PauseGate['waitForPause'] = async () => {
    atEachLook()
    return left-- <= 0
  }
  return { waitForPause: vi.fn(waitForPause) }
}

describe('endStuckThread', () => {
  it('does nothing for a thread that is gone', async () => {
    const { pool, threads } = makePool([1])
    await endStuckThread(pool, 7, {})
    expect(threads[0]!.terminate).not.toHaveBeenCalled()
  })

  it.each([0, 1, 50])('ends it in a pause of native code, after %d looks', async (looks) => {
    const { pool, threads } = makePool([1, 2])
    const gate = makeGate(looks, () => expect(threads[0]!.terminate).not.toHaveBeenCalled())
    await endStuckThread(pool, 1, { gate })
    expect(gate.waitForPause).toHaveBeenCalledTimes(looks + 1)
    expect(threads[0]!.terminate).toHaveBeenCalledOnce()
    expect(threads[1]!.terminate).not.toHaveBeenCalled()
  })

  it.each([0, 3])('leaves one alone that answers meanwhile, after %d looks', async (looks) => {
    const { pool, threads } = makePool([1])
    let seen = 0
    const gate = makeGate(looks, () => seen++)
    await endStuckThread(pool, 1, { gate, isStuck: () => seen <= looks })
    expect(threads[0]!.terminate).not.toHaveBeenCalled()
  })

  it('waits no longer for one that has died', async () => {
    const { pool } = makePool([1])
    const threads = pool.threads as ThreadPool['threads'][number][]
    await endStuckThread(pool, 1, { gate: makeGate(1000, () => threads.splice(0)) })
    expect(threads).toEqual([])
  })
})

describe('settleWithin', () => {
  const late = () => new Error('late')

  it('gives what the promise gives in time', async () => {
    expect(await settleWithin(Promise.resolve(7), 1000, late)).toBe(7)
    await expect(settleWithin(Promise.reject(new Error('no')), 1000, late)).rejects.toThrow('no')
  })

  it('gives the error of the time limit when the promise does not settle', async () => {
    await expect(settleWithin(new Promise(() => {}), 1, late)).rejects.toThrow('late')
  })

  it('keeps no timer when the promise has settled', async () => {
    vi.useFakeTimers()
    try {
      await settleWithin(Promise.resolve(), 1000, late)
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
  })
})
