import {
  assertIdempotencyKey,
  idempotencyClaimedMs,
  idempotencyKeptMs,
} from '../../input-checks.ts'
import type { StoreContext, SyncStore } from './context.ts'
import { readText } from './rows.ts'

/** Milliseconds since 1970, by a clock that does not jump while the process runs. */
function clock(): number {
  return Math.round(performance.timeOrigin + performance.now())
}

/** Idempotency keys, as {@link import('../../store.ts').GalleryStore} says. */
export function createIdempotencyOperations(
  context: StoreContext,
): SyncStore<'claimIdempotencyKey' | 'completeIdempotencyKey'> {
  const { db } = context
  return {
    claimIdempotencyKey(key, requestHash) {
      assertIdempotencyKey(key)
      const now = clock()
      db.run('DELETE FROM idempotency WHERE created_at_ms < ?', [now - idempotencyKeptMs])
      db.run('DELETE FROM idempotency WHERE key = ? AND status IS NULL AND created_at_ms < ?', [
        key,
        now - idempotencyClaimedMs,
      ])
      const row = db.get('SELECT request_hash, status, body FROM idempotency WHERE key = ?', [key])
      if (!row) {
        db.run('INSERT INTO idempotency (key, request_hash, created_at_ms) VALUES (?, ?, ?)', [
          key,
          requestHash,
          now,
        ])
        return undefined
      }
      const record = { requestHash: readText(row, 'request_hash') }
      const status = row.status
      if (typeof status !== 'number') return record
      return { ...record, response: { status, body: readText(row, 'body') } }
    },

    completeIdempotencyKey(key, response) {
      assertIdempotencyKey(key)
      if (response) {
        db.run('UPDATE idempotency SET status = ?, body = ? WHERE key = ?', [
          response.status,
          response.body,
          key,
        ])
      } else {
        db.run('DELETE FROM idempotency WHERE key = ?', [key])
      }
    },
  }
}
