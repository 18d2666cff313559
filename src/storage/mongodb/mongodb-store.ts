import { libraryActor } from '../../core/actor.ts'
import { FaceError } from '../../core/errors.ts'
import { withinTime } from '../../platform/concurrency/time-limit.ts'
import type { Logger } from '../../platform/logger.ts'
import { createUlidSource } from '../../platform/ulid.ts'
import type { Aggregates, Database } from '../database.ts'
import { type MethodName, wrapMethods } from '../methods.ts'
import { toPlainContext } from '../rules/caller.ts'
import { createCollectionOperations } from './collections.ts'
import { connect } from './connection.ts'
import type { MongoContext } from './context.ts'
import {
  createDeletedCollectionCleaner,
  type DeletedCollectionCleaner,
} from './deleted-collections.ts'
import { createEnrolment } from './enrolment.ts'
import { toStoreError } from './errors.ts'
import { createFaceOperations } from './faces.ts'
import { createFeedOperations } from './feed.ts'
import { createHistoryOperations } from './history.ts'
import { createAnswerOperations } from './idempotency.ts'
import { createJobOperations } from './jobs.ts'
import { createKeyOperations } from './keys.ts'
import { createChangeListeners } from './listener.ts'
import { createLookupOperations } from './lookups.ts'
import { createMergeOperations } from './merges.ts'
import { createMoveOperations } from './moves.ts'
import { createPersonOperations } from './persons.ts'
import { createScanTurns } from './scan-turns.ts'
import { prepareDatabase } from './schema.ts'
import { createSecondModelOperations } from './second-models.ts'
import { createSessionOperations } from './sessions.ts'
import { createSetAsideOperations } from './set-aside.ts'
import { createStatementOperations } from './statements.ts'
import { createStrangerOperations } from './strangers.ts'
import { createTransactions } from './transactions.ts'
import { createTransferOperations } from './transfer.ts'

export interface MongodbStoreOptions {
  /** Connection string of a replica set. */
  readonly url: string
  readonly database: string
  /** How long an operation may take, default 5000. */
  readonly timeoutMs?: number
  readonly logger?: Logger | undefined
}

// These may take longer than others: see [Note: Change feed] in feed.ts, restoreCollection, and
// lacking-faces.ts, which may look at all faces of a collection.
const slow: ReadonlySet<string> = new Set<MethodName>([
  'feed.changes',
  'feed.latestCursor',
  'transfer.restoreCollection',
  'secondModels.lacking',
  'secondModels.countLacking',
])
const slowTimeoutMs = 120_000

/**
 * A gallery store in a MongoDB replica set. Any number of processes may share the database.
 *
 * While there is no primary, operations fail with `storeUnavailable` after `timeoutMs`, and go on by
 * themselves when there is one. Whether a write that failed so became durable is not known; adding
 * the same faces again stores none twice.
 *
 * A database of an earlier version is brought to this one first, which may take minutes.
 *
 * @throws {FaceError} `storeStandalone`, `storeUnavailable`, `storeTooNew`, `invalidConfig`
 */
export async function createMongodbStore(options: MongodbStoreOptions): Promise<Database> {
  const { url, database, timeoutMs = 5000, logger } = options
  const client = await connect(url, timeoutMs)
  const db = client.db(database)
  const transactions = createTransactions(client, timeoutMs)
  const prepared = await prepareDatabase(db, transactions).catch(async (error: unknown) => {
    await client.close()
    throw toStoreError(error)
  })
  const context: MongoContext = {
    ...prepared,
    ...transactions,
    db,
    timeoutMs,
    scans: createScanTurns(),
    caller: { actor: libraryActor },
    newId: createUlidSource(),
    now: () => new Date().toISOString(),
  }
  const cleaner = createDeletedCollectionCleaner(context, logger)
  const listeners = createChangeListeners(db)
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  async function run<T>(name: string, body: () => Promise<T>): Promise<T> {
    if (closing) throw new FaceError('storeUnavailable', { detail: 'It is closed.' })
    const limitMs = slow.has(name) ? Math.max(slowTimeoutMs, timeoutMs) : timeoutMs
    const result = withinTime(body, limitMs)
    running.add(result)
    try {
      return await result
    } catch (error) {
      throw toStoreError(error)
    } finally {
      running.delete(result)
    }
  }

  async function close(): Promise<void> {
    await Promise.allSettled(running)
    await listeners.close()
    const purged = cleaner.close()
    // A transaction that loses its client holds what it wrote until the server ends it, after a
    // minute. What takes longer fails when the client closes, and is taken up again another time.
    await withinTime(transactions.settled, timeoutMs).catch(() => {})
    await client.close()
    await purged
  }

  const operations = createOperations(context, cleaner)
  return {
    ...wrapMethods(operations, run),
    as(given) {
      const bound = createOperations({ ...context, caller: toPlainContext(given) }, cleaner)
      // The feed knows where it was read to, and nothing of it depends on who asks.
      return wrapMethods({ ...bound, feed: operations.feed }, run)
    },
    ping: () =>
      run('ping', async () => {
        await db.command({ ping: 1 })
      }),
    onChange: (listener) => listeners.add(listener),
    close: () => (closing ??= close()),
  }
}

function createOperations(context: MongoContext, cleaner: DeletedCollectionCleaner): Aggregates {
  const { embeddings, ...lookups } = createLookupOperations(context)
  return {
    collections: createCollectionOperations(context, cleaner),
    setAside: createSetAsideOperations(context),
    statements: createStatementOperations(context),
    persons: { ...createPersonOperations(context), ...createMergeOperations(context) },
    faces: {
      ...createFaceOperations(context),
      ...createEnrolment(context),
      ...createMoveOperations(context),
      ...lookups,
    },
    history: createHistoryOperations(context),
    secondModels: createSecondModelOperations(context),
    feed: { ...createFeedOperations(context), embeddings },
    transfer: createTransferOperations(context, cleaner),
    answers: createAnswerOperations(context),
    keys: createKeyOperations(context),
    sessions: createSessionOperations(context),
    jobs: createJobOperations(context, cleaner),
    strangers: createStrangerOperations(context),
  }
}
