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

  test('tells the rate and what is left once enough time has passed', () => {
    const clock = meterAt()
    const progress = { stage: 'faces', done: 0, total: 100 }
    expect(clock.measure(progress)).toEqual(progress)
    clock.at = 400
    expect(clock.measure({ ...progress, done: 4 })).toEqual({ ...progress, done: 4 })
    clock.at = 1000
    expect(clock.measure({ ...progress, done: 10 })).toEqual({
      ...{ stage: 'faces', done: 10, total: 100, perSecond: 10, remainingSeconds: 9 },
    })
    clock.at = 2000
    expect(clock.measure({ stage: 'faces', done: 40 })).toEqual({
      ...{ stage: 'faces', done: 40, perSecond: 20 },
    })
  })

  test('counts only what was done since the attempt, or the stage, began', () => {
    const clock = meterAt()
    clock.measure({ stage: 'faces', done: 50, total: 100 })
    clock.at = 1000
    expect(clock.measure({ stage: 'faces', done: 60, total: 100 })).toMatchObject({
      ...{ perSecond: 10, remainingSeconds: 4 },
    })
    expect(clock.measure({ stage: 'crops', done: 0, total: 10 })).not.toHaveProperty('perSecond')
    clock.at = 2000
    expect(clock.measure({ stage: 'crops', done: 5, total: 10 })).toMatchObject({ perSecond: 5 })
    // It began again.
    expect(clock.measure({ stage: 'crops', done: 1, total: 10 })).not.toHaveProperty('perSecond')
  })

  test('is right within a fifth after the first tenth of even work', () => {
    const clock = meterAt()
    let random = 7
    for (let done = 0; done <= 1000; done++) {
      const { remainingSeconds } = clock.measure({ stage: 'x', done, total: 1000 })
      if (done >= 100) {
        const left = (1000 - done) * 0.02
        expect(Math.abs((remainingSeconds ?? Number.NaN) - left)).toBeLessThanOrEqual(0.2 * left)
      }
      // Each takes 10 to 30 ms.
      random = (random * 48_271) % 2_147_483_647
      clock.at += 10 + 20 * (random / 2_147_483_647)
    }
  })

  test('leaves nothing negative where more was done than expected', () => {
    const clock = meterAt()
    clock.measure({ stage: 'x', done: 0, total: 1 })
    clock.at = 1000
    expect(clock.measure({ stage: 'x', done: 5, total: 1 }).remainingSeconds).toBe(0)
  })
})
