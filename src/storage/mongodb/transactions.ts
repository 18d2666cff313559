import { setTimeout as pause } from 'node:timers/promises'
import { type ClientSession, type MongoClient, MongoError, type Timestamp } from 'mongodb'
import type { AuditEvent } from '../../core/audit/entry.ts'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { createSlots } from '../../platform/concurrency/slots.ts'
import { createTurns } from '../../platform/concurrency/turns.ts'
import { isDuplicateKey, toStoreError } from './errors.ts'

/** How many transactions of one process run at once, each with a counter of its own. */
export const counterSlots = 64

export interface Transaction {
  readonly session: ClientSession
  /** Number of the counter that it adds to; see [Note: Counters] in counters.ts. */
  readonly slot: number
  /** What it does, for the audit log; see [Note: Audit rules] in audit-rules.ts. */
  readonly notes: AuditEvent[]
}

/**
 * Runs `body` in a transaction (see [Note: Repeating transactions]), again when it conflicts with another or the primary changes, and
 * resolves when it is durable on a majority. `body` has no other effects than the transaction's.
 *
 * @param turn  id of what has a document that others of its kind write too, of a person mostly; such
 *   transactions of this process take turns, as all but one of those that ran at once would conflict
 * @throws {FaceError} `storeBusy` when it still conflicts, or still waits for others, shortly before
 *   the operation's time is over
 */
export type Transact = <T>(
  body: (transaction: Transaction) => Promise<T>,
  turn?: string,
) => Promise<T>

export interface Transactions {
  readonly transact: Transact
  /** Time of the newest transaction; reads after it see everything that was acknowledged here. */
  operationTime(): Timestamp | undefined
  /** Resolves when none runs, also of those whose callers no longer wait. */
  settled(): Promise<void>
}

// The rest of an operation's time is left for the last attempt.
const retryShare = 0.8
// Pauses between attempts: random, up to 5 ms at first, then half as much again each time.
const firstPauseMs = 5
const pauseGrowth = 1.5
const maxPauseMs = 200

/** Creates what runs transactions. @param timeoutMs  how long an operation may take */
export function createTransactions(client: MongoClient, timeoutMs: number): Transactions {
  const turns = createTurns()
  const slots = createSlots(counterSlots)
  const running = new Set<Promise<unknown>>()
  let newest: Timestamp | undefined

  async function run<T>(
    body: (transaction: Transaction) => Promise<T>,
    retryUntil: number,
  ): Promise<T> {
    let slot = await slots.take()
    const session = client.startSession()
    try {
      // After its turn, or a slot, was waited for.
      if (performance.now() > retryUntil) throw new FaceError('storeBusy')
      for (let attempt = 0; ; attempt++) {
        try {
          session.startTransaction()
          const result = await body({ session, slot, notes: [] })
          await commit(session, retryUntil)
          return result
        } catch (error) {
          if (session.inTransaction()) await session.abortTransaction()
          const pauseMs =
            Math.random() * Math.min(firstPauseMs * pauseGrowth ** attempt, maxPauseMs)
          if (!isPassing(error) || performance.now() + pauseMs > retryUntil) throw error
          await pause(pauseMs)
          // The transaction of a process that was killed holds its counter until the server ends it,
          // after a minute or more.
          slots.give(slot)
          slot = await slots.take()
        }
      }
    } finally {
      const { operationTime } = session
      if (operationTime && (!newest || operationTime.greaterThan(newest))) newest = operationTime
      slots.give(slot)
      await session.endSession()
    }
  }

  return {
    operationTime: () => newest,
    transact(body, turn) {
      const retryUntil = performance.now() + retryShare * timeoutMs
      const result =
        turn === undefined ? run(body, retryUntil) : turns.run(turn, () => run(body, retryUntil))
      const ended: Promise<unknown> = result.catch(() => {}).finally(() => running.delete(ended))
      running.add(ended)
      return result
    },
    async settled() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

// [Note: Repeating transactions]
// The driver's withTransaction goes on for two minutes, and gives up at once on errors of a socket
// that it has not labelled. So this is done here, by its rules: what has not been committed is run
// again from its beginning, and a commit whose outcome is not known is sent again, which commits
// once at most. Of a commit nothing is known either after an error that is not the driver's own: its
// socket's, or (in driver 7.9) a TypeError in its place, because the driver asks that one for labels.

async function commit(session: ClientSession, retryUntil: number): Promise<void> {
  for (;;) {
    try {
      await session.commitTransaction()
      return
    } catch (error) {
      if (error instanceof MongoError && !hasLabel(error, 'UnknownTransactionCommitResult')) {
        throw error
      }
      // Not to be run again from its beginning by `run`, as it may be committed.
      if (performance.now() > retryUntil) throw new FaceError('storeUnavailable', { cause: error })
    }
  }
}

/**
 * Whether the transaction may go through when it is run again: it met another, lost its server, or
 * a unique index refused what another transaction wrote since it began, which it will now find.
 */
function isPassing(error: unknown): boolean {
  if (isFaceError(error)) return false
  return (
    hasLabel(error, 'TransientTransactionError') ||
    isDuplicateKey(error) ||
    toStoreError(error).code === 'storeUnavailable'
  )
}

function hasLabel(error: unknown, label: string): boolean {
  return error instanceof MongoError && error.hasErrorLabel(label)
}
