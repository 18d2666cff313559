import type { CallContext } from '../../core/actor.ts'
import { type AuditEvent, type AuditRecord, toActorKey } from '../../core/audit/entry.ts'
import type { Logger } from '../../platform/logger.ts'
import type { AuditStore } from '../../storage/ports/audit.ts'

// [Note: Entries behind the answer]
// What changes the database is entered in its transaction. Decisions, reads and refusals change nothing:
// their entries wait a second at most and are written together, in order, so that no answer waits for a
// disk. A process that is killed loses those that waited; one that ends writes them. While the database
// cannot be reached they wait, up to a bound; of what is beyond it the log says how much there was.

/** Enters what changes nothing in the database; see [Note: Entries behind the answer]. */
export interface AuditLog {
  /** Costs no more than a place in a list. */
  note(event: AuditEvent, context: CallContext): void
  /**
   * Counts what may happen very often; one entry a minute for each kind of it and caller.
   *
   * @param event  whose details get `count`; the subjects of all are joined
   */
  tally(event: AuditEvent, context: CallContext): void
  /** Writes what waits, and nothing more from then on. */
  close(): Promise<void>
}

export interface AuditLogOptions {
  readonly audit: Pick<AuditStore, 'append'>
  readonly logger?: Logger | undefined
  /** How long an entry waits, default a second. */
  readonly everyMs?: number
  /** How long things are counted, default a minute. */
  readonly tallyMs?: number
}

const maxWaiting = 10_000
/** So that other calls of the store wait some milliseconds behind it at most. */
const writtenTogether = 200
/** Callers and kinds that are told apart in one minute; those beyond are counted together. */
const maxTallied = 1000
const maxTalliedSubjects = 200
const system: CallContext = {
  actor: { kind: 'library', id: 'audit', name: 'audit log' },
}

interface Tally {
  readonly event: AuditEvent
  readonly context: CallContext
  readonly subjects: Map<string, Set<string>>
  count: number
}

/** Creates what enters decisions, reads and refusals in the audit log. */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { audit, logger, everyMs = 1000, tallyMs = 60_000 } = options
  let waiting: AuditRecord[] = []
  let tallies = new Map<string, Tally>()
  let lost = 0
  let timer: NodeJS.Timeout | undefined
  let tallyTimer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let closed = false

  function add(event: AuditEvent, context: CallContext): void {
    if (waiting.length >= maxWaiting) {
      lost++
      return
    }
    waiting.push({ event, at: new Date().toISOString(), context: toEntered(context) })
    if (waiting.length >= writtenTogether) flush()
    else timer ??= setTimeout(flush, everyMs).unref()
  }

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    writing = writing.then(write)
  }

  async function write(): Promise<void> {
    if (lost > 0) {
      const event: AuditEvent = { kind: 'entriesLost', details: { count: lost } }
      waiting.push({ event, at: new Date().toISOString(), context: system })
      lost = 0
    }
    while (waiting.length > 0) {
      const part = waiting.slice(0, writtenTogether)
      try {
        await audit.append(part)
      } catch (err) {
        logger?.warn({ err }, 'entries of the audit log are not written yet; tried again')
        if (!closed) timer ??= setTimeout(flush, everyMs).unref()
        return
      }
      waiting = waiting.slice(part.length)
    }
  }

  function flushTallies(): void {
    clearTimeout(tallyTimer)
    tallyTimer = undefined
    const counted = tallies
    tallies = new Map()
    for (const { event, context, subjects, count } of counted.values()) {
      const joined = Object.fromEntries([...subjects].map(([kind, ids]) => [kind, [...ids]]))
      const details = { ...event.details, count }
      add({ ...event, subjects: joined, details } as AuditEvent, context)
    }
  }

  return {
    note(event, context) {
      if (!closed) add(event, context)
    },

    tally(event, context) {
      if (closed) return
      const { kind, collectionId, details, subjects = {} } = event
      const key = JSON.stringify([
        ...[kind, collectionId, details, toActorKey(context.actor), context.address],
      ])
      const known = tallies.get(key)
      const isBeyond = known === undefined && tallies.size >= maxTallied
      const others = JSON.stringify([kind, details])
      const tally = known ??
        (isBeyond ? tallies.get(others) : undefined) ?? {
          event,
          context: isBeyond ? system : context,
          ...{ subjects: new Map<string, Set<string>>(), count: 0 },
        }
      tally.count++
      for (const [of, ids] of Object.entries(subjects)) {
        const joined = tally.subjects.get(of) ?? new Set()
        tally.subjects.set(of, joined)
        for (const id of ids) if (joined.size < maxTalliedSubjects) joined.add(id)
      }
      tallies.set(isBeyond ? others : key, tally)
      tallyTimer ??= setTimeout(flushTallies, tallyMs).unref()
    },

    async close() {
      if (closed) return writing
      flushTallies()
      closed = true
      flush()
      await writing
    },
  }
}

/** Without what else the object of a request has. */
function toEntered({ actor, requestId, address }: CallContext): CallContext {
  return {
    actor,
    ...(requestId === undefined ? {} : { requestId }),
    ...(address === undefined ? {} : { address }),
  }
}
