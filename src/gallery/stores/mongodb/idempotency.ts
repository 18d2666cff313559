import { FaceError } from '../../../core/errors.ts'
import {
  assertIdempotencyKey,
  idempotencyClaimedMs,
  idempotencyKeptMs,
} from '../../input-checks.ts'
import type { GalleryStore } from '../../store.ts'
import type { MongoContext } from './context.ts'
import { isDuplicateKey } from './errors.ts'

// An old claim is removed and the key tried again; it may also be freed just before the look at it.
const attempts = 3

/** Idempotency keys, as {@link GalleryStore} says. The server removes old ones, about once a minute. */
export function createIdempotencyOperations({
  tables: { idempotency },
}: MongoContext): Pick<GalleryStore, 'claimIdempotencyKey' | 'completeIdempotencyKey'> {
  return {
    async claimIdempotencyKey(key, requestHash) {
      assertIdempotencyKey(key)
      for (let attempt = 0; attempt < attempts; attempt++) {
        const now = Date.now()
        try {
          await idempotency.insertOne({ _id: key, requestHash, claimedAt: new Date(now) })
          return undefined
        } catch (error) {
          if (!isDuplicateKey(error)) throw error
        }
        const { deletedCount } = await idempotency.deleteOne({
          _id: key,
          $or: [
            { claimedAt: { $lt: new Date(now - idempotencyKeptMs) } },
            {
              response: { $exists: false },
              claimedAt: { $lt: new Date(now - idempotencyClaimedMs) },
            },
          ],
        })
        const claim = deletedCount === 1 ? null : await idempotency.findOne({ _id: key })
        if (!claim) continue
        const { response } = claim
        return {
          requestHash: claim.requestHash,
          ...(response === undefined ? {} : { response }),
        }
      }
      throw new FaceError('storeBusy')
    },

    async completeIdempotencyKey(key, response) {
      assertIdempotencyKey(key)
      if (response) {
        const { status, body } = response
        await idempotency.updateOne({ _id: key }, { $set: { response: { status, body } } })
      } else {
        await idempotency.deleteOne({ _id: key })
      }
    },
  }
}
