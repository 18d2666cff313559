import { describe, expect, it } from 'vitest'
import { isFaceError } from '../core/errors.ts'
import { createThrottle, toAddressSubject } from './throttle.ts'

function setUp(options: { readonly maxSubjects?: number } = {}) {
  const clock = { ms: 0 }
  return { clock, throttle: createThrottle({ ...options, now: () => clock.ms }) }
}

describe('a throttle', () => {
  it('lets five failures pass, then doubles the wait up to a quarter of an hour', () => {
    const { throttle, clock } = setUp()
    const delays = Array.from({ length: 18 }, () => {
      clock.ms += throttle.waitMs('a')
      return throttle.failed('a')
    })
    expect(delays.slice(0, 4)).toEqual([0, 0, 0, 0])
    expect(delays.slice(4, 8)).toEqual([1000, 2000, 4000, 8000])
    expect(delays.slice(14)).toEqual([900_000, 900_000, 900_000, 900_000])
    expect(throttle.waitMs('b')).toBe(0)
  })

  it('refuses with the time to wait, until it is over', () => {
    const { throttle, clock } = setUp()
    for (let i = 0; i < 6; i++) throttle.failed('a')
    const refusal = () => {
      try {
        throttle.assertReady('a')
      } catch (error) {
        return isFaceError(error, 'tooManyAttempts') && error.info?.retryAfterSeconds
      }
    }
    expect(refusal()).toBe(2)
    clock.ms = 1001
    expect(refusal()).toBe(1)
    clock.ms = 2000
    expect(refusal()).toBeUndefined()
    expect(throttle.failed('a')).toBe(4000)
  })

  it('forgets with a success, and an hour after the wait', () => {
    const { throttle, clock } = setUp()
    for (let i = 0; i < 5; i++) throttle.failed('a')
    throttle.succeeded('a')
    expect([throttle.waitMs('a'), throttle.hasFailed('a')]).toEqual([0, false])
    for (let i = 0; i < 5; i++) throttle.failed('a')
    clock.ms = 3_600_999
    expect(throttle.hasFailed('a')).toBe(true)
    clock.ms = 3_601_000
    expect(throttle.hasFailed('a')).toBe(false)
  })

  it('waits no longer than its longest wait when the clock is set back', () => {
    const { throttle, clock } = setUp()
    clock.ms = 1e12
    for (let i = 0; i < 6; i++) throttle.failed('a')
    clock.ms = 0
    expect(throttle.waitMs('a')).toBe(900_000)
  })

  it('keeps those who failed often when many fail once, within its bound', () => {
    const { throttle } = setUp({ maxSubjects: 100 })
    for (let i = 0; i < 10; i++) throttle.failed('busy')
    for (let i = 0; i < 10_000; i++) throttle.failed(`other ${i}`)
    expect(throttle.waitMs('busy')).toBe(32_000)
    const kept = Array.from({ length: 10_000 }, (_, i) => throttle.hasFailed(`other ${i}`))
    expect(kept.filter(Boolean)).toHaveLength(99)
  })
})

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:42:1:2:3:4', '2001:db8:0:42::/64'],
  ['2001:0DB8::42', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('the address %s counts as %s', (address, subject) => {
  expect(toAddressSubject(address)).toBe(subject)
})
