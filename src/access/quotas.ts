import { FaceError } from '../core/errors.ts'

const dayMs = 86_400_000
/** Keys with a quota are few; so many are counted in a day, 1 MB. */
const maxCounted = 10_000

/** Counts the requests of keys by the day, UTC: in this process' memory, so on each node for itself. */
export interface Quotas {
  /** @throws {FaceError} `rateLimited`, with the time until the next day, when the quota is used up */
  take(keyId: string, quotaPerDay: number): void
}

/** Creates the counter. @param now  milliseconds since 1970; for tests */
export function createQuotas(now: () => number = Date.now): Quotas {
  let day = 0
  const counts = new Map<string, number>()
  return {
    take(keyId, quotaPerDay) {
      const today = Math.floor(now() / dayMs)
      // A clock that was set back gives nobody a day more.
      if (today > day || counts.size > maxCounted) counts.clear()
      day = Math.max(day, today)
      const count = counts.get(keyId) ?? 0
      if (count >= quotaPerDay) {
        throw new FaceError('rateLimited', {
          detail: `The quota of this API key, ${quotaPerDay} requests a day, is used up.`,
          info: { retryAfterSeconds: Math.ceil(((day + 1) * dayMs - now()) / 1000), quotaPerDay },
        })
      }
      counts.set(keyId, count + 1)
    },
  }
}
