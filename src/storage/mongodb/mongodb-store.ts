import { monotonicFactory } from 'ulid'
import { FaceError } from '../../core/errors.ts'
import { withinTime } from '../../platform/concurrency/time-limit.ts'
import type { Logger } from '../../platform/logger.ts'
import type { GalleryStore } from '../store.ts'
import { createCollectionOperations } from './collections.ts'
import { connect } from './connection.ts'
import type { MongoContext } from './context.ts'
import { createEnrolment } from './enrolment.ts'
import { toStoreError } from './errors.ts'
import { createFaceOperations } from './faces.ts'
import { createFeedOperations } from './feed.ts'
import { createIdempotencyOperations } from './idempotency.ts'
import { createChangeListeners } from './listener.ts'
import { createLookupOperations } from './lookups.ts'
import { createPersonOperations } from './persons.ts'
import { createPurger } from './purger.ts'
import { createScanTurns } from './scan-turns.ts'
import { prepareDatabase } from './schema.ts'
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

// These may take longer than others: see [Note: Change feed] and restoreCollection.
const slow: ReadonlySet<keyof GalleryStore> = new Set([
  'changes',
  'latestCursor',
  'restoreCollection',
])
const slowTimeoutMs = 120_000

type Operations = Omit<GalleryStore, 'close' | 'onChange'>

/**
 * A gallery store in a MongoDB replica set. Any number of processes may share the database.
 *
 * While there is no primary, operations fail with `storeUnavailable` after `timeoutMs`, and go on by
 * themselves when there is one. Whether a write that failed so became durable is not known; adding
 * the same faces again stores none twice.
 *
 * @throws {FaceError} `storeStandalone`, `storeUnavailable`, `storeTooNew`, `invalidConfig`
 */
export async function createMongodbStore(options: MongodbStoreOptions): Promise<GalleryStore> {
  const { url, database, timeoutMs = 5000, logger } = options
  const client = await connect(url, timeoutMs)
  const db = client.db(database)
  const prepared = await prepareDatabase(db).catch(async (error: unknown) => {
    await client.close()
    throw toStoreError(error)
  })
  const context: MongoContext = {
    ...prepared,
    ...createTransactions(client, timeoutMs),
    db,
    timeoutMs,
    scans: createScanTurns(),
    newId: monotonicFactory(),
    now: () => new Date().toISOString(),
  }
  const purger = createPurger(context, logger)
  const listeners = createChangeListeners(db)
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined

  const operations: Operations = {
    ...createCollectionOperations(context, purger),
    ...createPersonOperations(context),
    ...createEnrolment(context),
    ...createFaceOperations(context),
    ...createLookupOperations(context),
    ...createFeedOperations(context),
    ...createIdempotencyOperations(context),
    ...createTransferOperations(context, purger),
    async ping() {
      await db.command({ ping: 1 })
    },
  }

  async function run<T>(body: () => Promise<T>, limitMs: number): Promise<T> {
    if (closing) throw new FaceError('storeUnavailable', { detail: 'It is closed.' })
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
    // What runs in the background fails when the client closes, and is taken up again another time.
    const purged = purger.close()
    await client.close()
    await purged
  }

  return {
    ...mapMethods(operations, (method, body) =>
      run(body, slow.has(method) ? Math.max(slowTimeoutMs, timeoutMs) : timeoutMs),
    ),
    onChange: (listener) => listeners.add(listener),
    close: () => (closing ??= close()),
  }
}

/** The same methods, each called through `around`. */
function mapMethods(
  operations: Operations,
  around: (method: keyof Operations, body: () => Promise<unknown>) => Promise<unknown>,
): Operations {
  type Method = (...parameters: unknown[]) => Promise<unknown>
  const entries = Object.entries(operations as unknown as Record<keyof Operations, Method>)
  const mapped = entries.map(([name, method]): [string, Method] => [
    name,
    (...parameters) => around(name as keyof Operations, () => method(...parameters)),
  ])
  return Object.fromEntries(mapped) as unknown as Operations
}
