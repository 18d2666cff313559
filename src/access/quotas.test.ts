import { expect, it } from 'vitest'
import { createQuotas } from './quotas.ts'

const day = 86_400_000

it('counts the requests of each key by the day, and says how long to wait', () => {
  let time = 1000 * day + 23 * 3_600_000
  const quotas = createQuotas(() => time)
  for (let i = 0; i < 3; i++) quotas.take('a', 3)
  const refused = expect.objectContaining({
    code: 'rateLimited',
    info: { retryAfterSeconds: 3600, quotaPerDay: 3 },
  })
  expect(() => quotas.take('a', 3)).toThrow(refused)
  quotas.take('b', 3)
  time += 3_600_000
  quotas.take('a', 3)
  // The clock is set back: it is not the day before again.
  time -= day
  quotas.take('a', 3)
  quotas.take('a', 3)
  expect(() => quotas.take('a', 3)).toThrow()
})
