import { expect, it, vi } from 'vitest'
import type { Logger } from '../platform/logger.ts'
import type { ApiKey } from '../storage/ports/keys.ts'
import { createKeyExpiryWarner } from './key-expiry.ts'

it('warns of keys that end soon, at once and every day, without their names', async () => {
  vi.useFakeTimers()
  const warn = vi.fn()
  const ending = [
    { id: 'K1', name: 'Ann', prefix: 'fw_abcdefg', expiresAt: '2026-01-02T00:00:00.000Z' },
  ] as unknown as readonly ApiKey[]
  let fails = false
  const endingSoon = async () => {
    if (fails) throw new Error('gone')
    return ending
  }
  const warner = createKeyExpiryWarner({
    keys: { endingSoon },
    logger: { warn } as unknown as Logger,
  })
  await vi.advanceTimersByTimeAsync(0)
  expect(warn.mock.calls).toEqual([
    [
      { key: 'K1', prefix: 'fw_abcdefg', expiresAt: '2026-01-02T00:00:00.000Z' },
      'an API key ends soon; rotate it',
    ],
  ])
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(warn).toHaveBeenCalledTimes(2)
  fails = true
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(warn.mock.lastCall?.[1]).toBe('it is not known whether API keys end soon')
  await warner.close()
  await vi.advanceTimersByTimeAsync(86_400_000)
  expect(warn).toHaveBeenCalledTimes(3)
  vi.useRealTimers()
})
