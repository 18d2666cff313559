import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHurry } from './hurry.ts'

describe('createHurry', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('pauses for as long as it is told, or until the pause is ended', async () => {
    const hurry = createHurry()
    const ended = vi.fn()
    void hurry.pause(100).then(ended)
    await vi.advanceTimersByTimeAsync(99)
    expect(ended).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(ended).toHaveBeenCalledOnce()
    void hurry.pause(100, { ref: false }).then(ended)
    hurry.endPause()
    await vi.advanceTimersByTimeAsync(0)
    expect(ended).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends the pause for who waits, and is wanted until all of them have what they wait for', async () => {
    const hurry = createHurry()
    const paused = hurry.pause(1e9)
    const failing = hurry.during(() => Promise.reject(new Error('no')))
    const waiting = hurry.during(async () => {
      await paused
      return hurry.isWanted()
    })
    await expect(failing).rejects.toThrow('no')
    expect(await waiting).toBe(true)
    expect(hurry.isWanted()).toBe(false)
  })
})
