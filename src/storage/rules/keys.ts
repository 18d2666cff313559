import { FaceError } from '../../core/errors.ts'
import type { ApiKey, NewApiKey, RotatedKey } from '../ports/keys.ts'
import { assertKey } from './input-checks.ts'

/** What a rotation writes. */
export interface Rotation {
  readonly created: NewApiKey
  /** When the former key ends, ISO 8601. */
  readonly formerEndsAt: string
}

/**
 * The key that takes the place of another one.
 *
 * @param now  ISO 8601, UTC
 * @throws {FaceError} `invalidOption` when the former key is not valid any more, or has a follower
 */
export function toRotation(former: ApiKey, next: RotatedKey, now: string): Rotation {
  const { name, scopes, collectionIds, ratePerMinute, quotaPerDay, expiresAt: end } = former
  if (former.replacedBy !== undefined) {
    throw new FaceError('invalidOption', {
      detail: `The API key was rotated already; its follower is ${former.replacedBy}.`,
      info: { replacedBy: former.replacedBy },
    })
  }
  if (former.revokedAt !== undefined || (end !== undefined && end <= now)) {
    throw new FaceError('invalidOption', { detail: 'The API key has ended; make a new one.' })
  }
  const { formerEndsAt, ...secret } = next
  const created: NewApiKey = {
    ...{ name, scopes, ...secret },
    ...(collectionIds === undefined ? {} : { collectionIds }),
    ...(ratePerMinute === undefined ? {} : { ratePerMinute }),
    ...(quotaPerDay === undefined ? {} : { quotaPerDay }),
  }
  assertKey(created)
  const isEarlier = end !== undefined && end < formerEndsAt
  return { created, formerEndsAt: isEarlier ? end : formerEndsAt }
}
