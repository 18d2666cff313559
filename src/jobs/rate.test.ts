import { describe, expect, test } from 'vitest'
import { createRateMeter, type RateMeter } from './rate.ts'

describe('createRateMeter', () => {
  function meterAt(): { at: number } & RateMeter {
    const clock = { at: 0 }
    return Object.assign(
      clock,
      createRateMeter(() => clock.at),
    )
  }

  test('tells the rate, and later what is left, once enough time has passed', () => {
    const clock = meterAt()
    const at = (time: number, done: number, total?: number) => {
      clock.at = time
      return clock.measure({ stage: 'faces', done, ...(total === undefined ? {} : { total }) })
    }
    const progress = { stage: 'faces', total: 100 }
    expect(at(0, 0, 100)).toEqual({ ...progress, done: 0 })
    expect(at(400, 4, 100)).toEqual({ ...progress, done: 4 })
    expect(at(1000, 10, 100)).toEqual({ ...progress, done: 10, perSecond: 10 })
    expect(at(2000, 40, 100)).toEqual({
      ...{ ...progress, done: 40, perSecond: 30, remainingSeconds: 2 },
    })
    expect(at(3000, 60)).toEqual({ stage: 'faces', done: 60, perSecond: 25 })
  })

  test('says of work that was done at once that nothing is left', () => {
    const clock = meterAt()
    clock.measure({ stage: 'faces', done: 0, total: 10 })
    clock.at = 600
    expect(clock.measure({ stage: 'faces', done: 10, total: 10 }).remainingSeconds).toBe(0)
  })

  test('counts only what was done since the attempt, or the stage, began', () => {
    const clock = meterAt()
    clock.measure({ stage: 'faces', done: 50, total: 100 })
    clock.at = 2000
    expect(clock.measure({ stage: 'faces', done: 60, total: 100 })).toMatchObject({
      ...{ perSecond: 5, remainingSeconds: 8 },
    })
    expect(clock.measure({ stage: 'crops', done: 0, total: 10 })).not.toHaveProperty('perSecond')
    clock.at = 3000
    expect(clock.measure({ stage: 'crops', done: 5, total: 10 })).toMatchObject({ perSecond: 5 })
    // It began again.
    expect(clock.measure({ stage: 'crops', done: 1, total: 10 })).not.toHaveProperty('perSecond')
  })

  /** The largest relative error of the remaining time after the first tenth. */
  function worstError(
    total: number,
    durationOf: (index: number, random: number) => number,
    batch = 1,
  ): number {
    const clock = meterAt()
    let random = 7
    const durations = Array.from({ length: total }, (_, index) => {
      random = (random * 48_271) % 2_147_483_647
      return durationOf(index, random / 2_147_483_647)
    })
    const end = durations.reduce((sum, duration) => sum + duration, 0)
    let worst = 0
    for (let done = 0; done <= total; done++) {
      if (done % batch === 0) {
        const { remainingSeconds } = clock.measure({ stage: 'x', done, total })
        const left = (end - clock.at) / 1000
        // At the very end a single thing is more than a fifth of what is left.
        if (done >= total / 10 && done <= 0.95 * total) {
          worst = Math.max(worst, Math.abs((remainingSeconds ?? Number.NaN) - left) / left)
        }
      }
      clock.at += durations[done] ?? 0
    }
    return worst
  }

  test('is right within a fifth after the first tenth of even work', () => {
    // Each takes 20 to 60 ms.
    // observed 0.13, bound 0.2
    expect(worstError(1000, (_, random) => 20 + 40 * random)).toBeLessThan(0.2)
    // Four at once.
    expect(worstError(300, (_, random) => 50 + 100 * random, 4)).toBeLessThan(0.2)
  })

  test('is right within a fifth after the first tenth where the beginning is slow', () => {
    // Networks are loaded for 2 s, and then each of 300 takes 0.1 s.
    expect(worstError(300, (index) => (index === 0 ? 2000 : 100))).toBeLessThan(0.2)
    // At the tenth a mean of everything would be wrong by 38 %.
    expect(worstError(300, (index) => (index === 0 ? 1000 : 80), 5)).toBeLessThan(0.2)
  })

  test('remembers little, however much there is to do', () => {
    expect(worstError(100_000, (_, random) => 2 * random)).toBeLessThan(0.2)
  })

  test('leaves nothing negative where more was done than expected', () => {
    const clock = meterAt()
    clock.measure({ stage: 'x', done: 0, total: 1 })
    clock.at = 1000
    expect(clock.measure({ stage: 'x', done: 5, total: 1 }).remainingSeconds).toBe(0)
  })
})
