import { setTimeout as sleep } from 'node:timers/promises'
import { type ErrorCode, FaceError } from '../core/errors.ts'

/** Errors that the next moment may not have. */
const passing: ReadonlySet<ErrorCode> = new Set([
  ...(['storeBusy', 'storeUnavailable', 'overloaded'] as const),
])
const patienceMs = 180_000

/**
 * What comes to nothing for now is tried again, with longer and longer pauses: what a node that died
 * held in MongoDB is free again after a minute.
 */
export async function withPatience<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (let pauseMs = 500; ; pauseMs = Math.min(2 * pauseMs, 10_000)) {
    try {
      return await attempt()
    } catch (error) {
      const passes = error instanceof FaceError && passing.has(error.code)
      if (!passes || signal.aborted || performance.now() > giveUpAt) throw error
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined)
    }
  }
}
