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
  /** By the server's clock: those of the nodes may differ, or jump. @returns whether nobody had it */
  async function claim(key: string, requestHash: string): Promise<boolean> {
    const fields = {
      requestHash: { $ifNull: ['$requestHash', { $literal: requestHash }] },
      claimedAt: { $ifNull: ['$claimedAt', '$$NOW'] },
    }
    try {
      const { upsertedCount } = await idempotency.updateOne({ _id: key }, [{ $set: fields }], {
        upsert: true,
      })
      return upsertedCount === 1
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  return {
    async claimIdempotencyKey(key, requestHash) {
      assertIdempotencyKey(key)
      for (let attempt = 0; attempt < attempts; attempt++) {
        if (await claim(key, requestHash)) return undefined
        const olderThan = (ms: number) => ({ $lt: ['$claimedAt', { $subtract: ['$$NOW', ms] }] })
        const { deletedCount } = await idempotency.deleteOne({
          _id: key,
          $or: [
            { $expr: olderThan(idempotencyKeptMs) },
            { response: { $exists: false }, $expr: olderThan(idempotencyClaimedMs) },
          ],
        })
        const known = deletedCount === 1 ? null : await idempotency.findOne({ _id: key })
        if (!known) continue
        const { response } = known
        return {
          requestHash: known.requestHash,
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
