import { FaceError } from '../../../core/errors.ts'
import type { StoreContext, SyncStore } from './context.ts'
import { readText } from './rows.ts'

const keptMs = 24 * 3600_000
// A claim without an answer is of a request that runs, or of a process that died while it ran. No
// request runs this long, so that the client of a dead process is not refused for a day.
const claimedMs = 600_000

/** Idempotency keys, as {@link import('../../store.ts').GalleryStore} says. */
export function createIdempotencyOperations(
  context: StoreContext,
): SyncStore<'claimIdempotencyKey' | 'completeIdempotencyKey'> {
  const { db } = context
  return {
    claimIdempotencyKey(key, requestHash) {
      assertKey(key)
      const now = Date.now()
      db.run('DELETE FROM idempotency WHERE created_at_ms < ?', [now - keptMs])
      db.run('DELETE FROM idempotency WHERE key = ? AND status IS NULL AND created_at_ms < ?', [
        key,
        now - claimedMs,
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
      assertKey(key)
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

function assertKey(key: string): void {
  if (key.length === 0 || key.length > 255 || key.includes('\0')) {
    throw new FaceError('invalidRequest', {
      detail: 'Idempotency-Key must be 1 to 255 characters.',
    })
  }
}
