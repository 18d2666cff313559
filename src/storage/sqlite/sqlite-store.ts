import { EventEmitter } from 'node:events'
import type { CallContext } from '../../core/actor.ts'
import { FaceError, fromErrorRecord } from '../../core/errors.ts'
import type { Logger } from '../../platform/logger.ts'
import { settleWithin } from '../../platform/workers/calls.ts'
import type { Outcome } from '../../platform/workers/outcome.ts'
import { createThreadPool, endThreadPool, onDeserted } from '../../platform/workers/thread-pool.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import type { Aggregates, Database } from '../database.ts'
import { effectOf, type MethodName, makePorts } from '../methods.ts'
import type { Metadata } from '../ports/persons.ts'
import { toPlainContext } from '../rules/caller.ts'
import { isDeeperThan, maxDepth } from '../rules/depth.ts'
import { fromMetadataJson, toMetadataJson } from '../rules/person-fields.ts'
import type { StoreCall } from './batch.ts'
import { createCallQueue } from './call-queue.ts'
import { copySqlite } from './copies.ts'
import type { StoreMethod } from './methods.ts'
import type { DatabaseOptions } from './open.ts'
import type { StoreNotice } from './worker.ts'

export interface SqliteStoreOptions {
  /** Path of the database; its directory exists. SQLite adds `-wal` and `-shm` beside it. */
  readonly file: string
  /** Encrypts the whole file; the one it was created with. Use a random secret, as the derivation is weak against guessing. */
  readonly encryptionKey?: string | undefined
  /** How long a write waits for another process's, default 5000. */
  readonly busyTimeoutMs?: number
  /** Bounds the file in pages of 4 KiB; beyond it writes fail with `storeFull`. */
  readonly maxPages?: number
  readonly logger?: Logger | undefined
  /** How long a call may take, default 300,000: a large collection is deleted within one call. */
  readonly callTimeoutMs?: number
  /** How long `close` may take, default 30,000; what the thread has not done by then is given up. */
  readonly closeTimeoutMs?: number
  /** Module that runs in the store's thread, for tests. */
  readonly workerFile?: URL
}

// After an erasure the log is emptied this much later at the latest, however many more follow.
const emptyLogAfterMs = 1000

// A parameter has faces in a list, and what is bounded within each.
const maxParameterDepth = maxDepth + 3
// Most persons whose unreadable metadata the log reports.
const maxReported = 1000

interface PendingCall extends StoreCall {
  resolve(value: unknown): void
  reject(error: FaceError): void
}

/**
 * A gallery store in one SQLite file. SQL and fsyncs run in a thread of their own, never on the
 * event loop; see [Note: Group commit] in batch.ts. Several processes may share the file.
 *
 * When the thread dies or its answer is lost, reads that it had are done again, each alone, and
 * writes are rejected with `workerFailed` (whether one of them became durable is not known). When it
 * does not answer in time, its calls are rejected with `storeUnavailable`. A new thread opens the
 * file again. See [Note: Calls that never settle] in calls.ts.
 *
 * @throws {FaceError} `dataDirUnusable`, `storeReadOnly`, `storeFull`, `storeKeyWrong`,
 *   `storeCorrupt`, `storeTooNew`, `storeBusy`
 */
export async function createSqliteStore(options: SqliteStoreOptions): Promise<Database> {
  const workerData: DatabaseOptions = {
    file: options.file,
    encryptionKey: options.encryptionKey,
    busyTimeoutMs: options.busyTimeoutMs ?? 5000,
    maxPages: options.maxPages,
  }
  const pool = createThreadPool<readonly StoreCall[], readonly Outcome<unknown>[]>({
    file: options.workerFile ?? workerUrl(import.meta.url, './worker.js'),
    name: 'runBatch',
    minThreads: 1,
    maxThreads: 1,
    workerData,
    // Otherwise the thread blocks between calls and libsql never frees; see [Note: libsql's traps]
    // in libsql.ts.
    atomics: 'disabled',
    // The times are not read.
    recordTiming: false,
  })
  onDeserted(pool, () => running?.emit('abort'))
  const reported = new Set<string>()
  pool.on('message', ({ unreadableMetadata: personId }: StoreNotice) => {
    if (reported.has(personId) || reported.size >= maxReported) return
    reported.add(personId)
    options.logger?.warn({ personId }, 'the metadata of a person cannot be read and are left out')
  })

  const { callTimeoutMs = 300_000, closeTimeoutMs = 30_000 } = options
  /** Ends the wait for the batch that the thread has. */
  let running: EventEmitter | undefined
  let ended = false
  const queue = createCallQueue<PendingCall>()
  let draining = false
  let closing: Promise<void> | undefined
  let emptyLogTimer: NodeJS.Timeout | undefined

  function enqueue(
    method: StoreMethod,
    parameters: readonly unknown[],
    context?: CallContext,
  ): Promise<unknown> {
    const full = queue.whyFull({ method, parameters })
    if (full !== undefined) return Promise.reject(new FaceError('storeBusy', { detail: full }))
    if (effectOf(method) !== 'read' && isDeeperThan(parameters, maxParameterDepth)) {
      // The thread might not be able to read it; see [Note: Calls that never settle] in calls.ts.
      return Promise.reject(
        new FaceError('invalidRequest', { detail: 'Expected data that is nested less deeply.' }),
      )
    }
    return new Promise((resolve, reject) => {
      const asked = context === undefined ? {} : { context }
      queue.push({ method, parameters, ...asked, resolve, reject })
      if (!draining) void drain()
    })
  }

  async function drain(): Promise<void> {
    draining = true
    // Calls of the same turn of the event loop go together.
    await Promise.resolve()
    for (let batch = queue.take(); batch.length > 0; batch = queue.take()) await runBatch(batch)
    draining = false
  }

  async function runBatch(batch: readonly PendingCall[]): Promise<void> {
    let outcomes: readonly Outcome<unknown>[]
    // Costs less than an AbortController, which takes 20 µs a call.
    const limit = new EventEmitter()
    let late = false
    const timer = setTimeout(() => {
      late = true
      limit.emit('abort')
    }, callTimeoutMs)
    running = limit
    try {
      const calls = batch.map(toMessage)
      outcomes = await pool.run(calls, { signal: limit })
    } catch (cause) {
      if (late) {
        const detail = `It did not answer within ${callTimeoutMs / 1000} seconds.`
        for (const call of batch) call.reject(new FaceError('storeUnavailable', { detail, cause }))
        return
      }
      if (cause instanceof DOMException && cause.name === 'DataCloneError') {
        // A parameter is something that cannot be sent to a thread, such as a function. The other calls
        // of the batch are not to blame.
        if (batch.length > 1) for (const call of batch) await runBatch([call])
        else batch[0]?.reject(new FaceError('invalidRequest', { detail: 'Expected data.', cause }))
        return
      }
      const detail = "The store's thread ended, or its answer was lost."
      for (const call of batch) {
        // One of the calls may be to blame; the others are answered by the thread that follows.
        if (batch.length > 1 && effectOf(call.method) === 'read' && !ended) await runBatch([call])
        else call.reject(new FaceError('workerFailed', { detail, cause }))
      }
      return
    } finally {
      clearTimeout(timer)
      running = undefined
      // Also after a batch whose answer was lost.
      if (batch.some((call) => effectOf(call.method) === 'erase')) scheduleEmptyLog()
    }
    for (const [i, call] of batch.entries()) {
      const outcome = outcomes[i]!
      if ('error' in outcome) call.reject(fromErrorRecord(outcome.error))
      else call.resolve(outcome.value)
    }
  }

  function scheduleEmptyLog(): void {
    if (closing || emptyLogTimer) return
    emptyLogTimer = setTimeout(async () => {
      emptyLogTimer = undefined
      // A failure shows with the next call, too.
      const emptied = await enqueue('emptyLog', []).catch(() => false)
      if (emptied !== true) scheduleEmptyLog()
    }, emptyLogAfterMs).unref()
  }

  /**
   * Passes a call on. It is not `async`: with each further turn of the event loop on the way, a write
   * that was called later could overtake a read.
   */
  function call(
    method: MethodName | 'ping',
    parameters: readonly unknown[],
    context?: CallContext,
  ): Promise<unknown> {
    if (closing) {
      return Promise.reject(new FaceError('storeUnavailable', { detail: 'It is closed.' }))
    }
    try {
      return enqueue(method, plainParameters[method]?.(parameters) ?? parameters, context)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async function close(): Promise<void> {
    clearTimeout(emptyLogTimer)
    const detail = `It was not closed within ${closeTimeoutMs / 1000} seconds.`
    const late = () => new FaceError('storeUnavailable', { detail })
    try {
      await settleWithin(enqueue('close', []), closeTimeoutMs, late)
    } finally {
      ended = true
      for (const call of queue.clear()) call.reject(late())
      await endThreadPool(pool, late)
    }
  }

  const as = (context?: CallContext): Aggregates =>
    makePorts(
      (name) =>
        (...parameters) =>
          call(name, parameters, context),
    )

  const store: Database = {
    ...as(),
    as: (context) => as(toPlainContext(context)),
    copyInto: (directory, copyOptions) => {
      if (closing) {
        return Promise.reject(new FaceError('storeUnavailable', { detail: 'It is closed.' }))
      }
      return copySqlite(workerData, directory, copyOptions)
    },
    ping: async () => void (await call('ping', [])),
    close: () => (closing ??= close()),
  }
  try {
    await store.ping()
    return store
  } catch (error) {
    ended = true
    await endThreadPool(pool, () => new FaceError('storeUnavailable'))
    throw error
  }
}

/** What of a call the thread is sent. */
function toMessage({ method, parameters, context }: StoreCall): StoreCall {
  return { method, parameters, ...(context === undefined ? {} : { context }) }
}

type ParameterMap = (parameters: readonly unknown[]) => readonly unknown[]

/** Parameters with metadata, which are made plain JSON: a message between threads carries no other. */
const plainParameters: { readonly [N in MethodName | 'ping']?: ParameterMap } = {
  'persons.create': ([collectionId, input]) => [collectionId, toPlainPerson(input)],
  'persons.update': ([collectionId, personId, patch, ...others]) => [
    collectionId,
    personId,
    toPlainPerson(patch),
    ...others,
  ],
  'faces.add': ([collectionId, person, faces]) => [collectionId, toPlainPerson(person), faces],
  'faces.move': ([collectionId, faceIds, to, options]) => [
    collectionId,
    faceIds,
    toPlainPerson(to),
    options,
  ],
  'persons.mergeConsequences': ([collectionId, input]) => [collectionId, toPlainPerson(input)],
  'persons.merge': ([collectionId, input, options]) => [
    collectionId,
    toPlainPerson(input),
    options,
  ],
  'transfer.restorePersons': ([collectionId, persons]) => [
    collectionId,
    (persons as readonly unknown[]).map(toPlainPerson),
  ],
}

/** @param person  its id, or with metadata, or something else that the thread will refuse */
function toPlainPerson(person: unknown): unknown {
  if (typeof person !== 'object' || person === null) return person
  const { metadata } = person as { readonly metadata?: Metadata }
  if (metadata === undefined) return person
  return { ...person, metadata: fromMetadataJson(toMetadataJson(metadata)) }
}
