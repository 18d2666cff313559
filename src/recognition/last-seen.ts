import type { Logger } from '../platform/logger.ts'
import type { PersonStore } from '../storage/ports/persons.ts'

/** Notes when persons were recognised, off the way of the answer. */
export interface LastSeen {
  /** The persons were recognised now. Costs no more than writing the time down in memory. */
  note(collectionId: string, personIds: readonly string[]): void
  /** Writes what is noted, and nothing more from then on. */
  close(): Promise<void>
}

/** A person who stands before a camera is written once in this time. */
const writtenEveryMs = 60_000
/** Persons in a write, so that other calls of the store wait a millisecond behind it at most. */
const writtenTogether = 200
/** People noted at most between two writes; more of them are not noted until the next. About 10 MB. */
const maxNoted = 50_000

/**
 * Creates what notes when persons were last seen. A time that cannot be written is only logged, as
 * the person may be seen again.
 *
 * @param options.everyMs  how often times are written
 */
export function createLastSeen(
  persons: Pick<PersonStore, 'seen'>,
  {
    logger,
    everyMs = writtenEveryMs,
  }: { readonly logger?: Logger | undefined; readonly everyMs?: number } = {},
): LastSeen {
  let noted = new Map<string, Map<string, string>>()
  let count = 0
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let closed = false

  async function write(times: typeof noted): Promise<void> {
    for (const [collectionId, seen] of times) {
      const entries = [...seen].map(([personId, at]) => ({ personId, at }))
      for (let i = 0; i < entries.length; i += writtenTogether) {
        await persons
          .seen(collectionId, entries.slice(i, i + writtenTogether))
          .catch((error: unknown) => {
            logger?.warn({ err: error }, 'it is not written when persons were last seen')
          })
      }
    }
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    const times = noted
    noted = new Map()
    count = 0
    writing = writing.then(() => write(times))
  }

  return {
    note(collectionId, personIds) {
      if (closed || personIds.length === 0) return
      const at = new Date().toISOString()
      const seen = noted.get(collectionId) ?? new Map<string, string>()
      noted.set(collectionId, seen)
      for (const personId of personIds) {
        if (!seen.has(personId)) {
          if (count >= maxNoted) continue
          count++
        }
        seen.set(personId, at)
      }
      timer ??= setTimeout(flush, everyMs).unref()
    },
    async close() {
      closed = true
      flush()
      await writing
    },
  }
}
