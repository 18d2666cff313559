import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIdleMeter } from './idle-meter.ts'

describe('createIdleMeter', () => {
  let stats = { workers: 2, queued: 0, running: 0, completed: 0, busyMs: 0 }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] })
    stats = { workers: 2, queued: 0, running: 0, completed: 0, busyMs: 0 }
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('tells what tasks that ended have left since it was last asked', () => {
    const idleShare = createIdleMeter({ stats: () => stats })
    vi.advanceTimersByTime(1000)
    expect(idleShare()).toBe(1)
    vi.advanceTimersByTime(1000)
    stats = { ...stats, busyMs: 500 }
    expect(idleShare()).toBeCloseTo(0.75)
    vi.advanceTimersByTime(1000)
    stats = { ...stats, busyMs: 2500 }
    expect(idleShare()).toBeCloseTo(0)
  })

  it('goes by who is at work where no task has ended, and is never below 0', () => {
    const idleShare = createIdleMeter({ stats: () => stats })
    vi.advanceTimersByTime(10)
    stats = { ...stats, running: 1 }
    expect(idleShare()).toBe(0.5)
    // A task that began long ago has ended just now.
    vi.advanceTimersByTime(10)
    stats = { ...stats, running: 0, busyMs: 5000 }
    expect(idleShare()).toBe(0)
  })

  it('answers where there are no workers, and twice at once', () => {
    stats = { ...stats, workers: 0 }
    const idleShare = createIdleMeter({ stats: () => stats })
    expect([idleShare(), idleShare()]).toEqual([1, 1])
  })
})
