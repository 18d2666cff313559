import { setTimeout as pause } from 'node:timers/promises'
import type { ChangeStream, Db } from 'mongodb'
import type { ChangeDocument } from './tables.ts'

/** Calls listeners after changes, also those of other processes, as `Database.onChange` says. */
export interface ChangeListeners {
  add(listener: () => void): () => void
  close(): Promise<void>
}

const reopenAfterMs = 250

/**
 * Creates the listeners. A change stream is open while there are any. The driver resumes it after
 * most failures; when it cannot, another one is opened, and the listeners are called in case they
 * missed something.
 */
export function createChangeListeners(db: Db): ChangeListeners {
  const listeners = new Set<() => void>()
  let stream: ChangeStream | undefined
  let following: Promise<void> | undefined
  let closed = false

  function notify(): void {
    for (const listener of listeners) listener()
  }

  async function follow(): Promise<void> {
    while (listeners.size > 0 && !closed) {
      stream = db
        .collection<ChangeDocument>('changes')
        .watch([{ $match: { operationType: 'insert' } }, { $project: { _id: 1 } }])
      // The first token comes when the stream is open; one call reports everything until then.
      stream.once('resumeTokenChanged', notify)
      try {
        for (;;) {
          await stream.next()
          notify()
        }
      } catch {
        // Closed, or beyond what the driver resumes. Requests report what is wrong with the server.
        await stream.close().catch(() => {})
      }
      if (listeners.size > 0 && !closed) await pause(reopenAfterMs)
    }
    following = undefined
  }

  return {
    add(listener) {
      listeners.add(listener)
      following ??= follow()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) void stream?.close().catch(() => {})
      }
    },
    async close() {
      closed = true
      await stream?.close().catch(() => {})
      await following
    },
  }
}
