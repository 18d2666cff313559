import { type CallContext, libraryActor } from '../../core/actor.ts'
import { type FaceErrorRecord, toErrorRecord } from '../../core/errors.ts'
import { createUlidSource } from '../../platform/ulid.ts'
import { type Outcome, toOutcome } from '../../platform/workers/outcome.ts'
import type { Aggregates } from '../database.ts'
import { effectOf, findMethod } from '../methods.ts'
import { createChangeOperations } from './changes.ts'
import { createCollectionOperations } from './collections.ts'
import type { StoreContext, Synchronous } from './context.ts'
import { createFaceOperations } from './faces.ts'
import { createHistoryOperations } from './history.ts'
import { createAnswerOperations, expireAnswers } from './idempotency.ts'
import { createJobOperations } from './jobs.ts'
import { createKeyOperations } from './keys.ts'
import type { Connection } from './libsql.ts'
import { createLookupMemory, type LookupMemory } from './lookup-memory.ts'
import { createLookupOperations } from './lookups.ts'
import { createMergeOperations } from './merges.ts'
import type { StoreMethod } from './methods.ts'
import { createMoveOperations } from './moves.ts'
import { type DatabaseOptions, emptyLog, openDatabase } from './open.ts'
import { createPersonOperations } from './persons.ts'
import { readText, type UnreadableMetadata } from './rows.ts'
import { createSecondModelOperations } from './second-models.ts'
import { createSessionOperations } from './sessions.ts'
import { createSetAsideOperations } from './set-aside.ts'
import { createStatementOperations } from './statements.ts'
import { createStrangerOperations } from './strangers.ts'
import { createTransferOperations } from './transfer.ts'

export interface StoreCall {
  readonly method: StoreMethod
  readonly parameters: readonly unknown[]
  /** Who asks; absent for the library itself. */
  readonly context?: CallContext
}

export type BatchRunner = (calls: readonly StoreCall[]) => readonly Outcome<unknown>[]

const libraryContext: CallContext = { actor: libraryActor }

// Answers expire and a left log is emptied without a request that would do it; see `tidy`.
const tidyEveryMs = 60_000

type SynchronousPorts = { readonly [A in keyof Aggregates]: Synchronous<Aggregates[A]> }

interface OpenStore {
  readonly db: Connection
  readonly memory: LookupMemory
  readonly ports: SynchronousPorts
}

// [Note: Group commit]
// synchronous=FULL costs an fsync per transaction. Calls that wait while the thread is busy arrive
// together: their reads are answered first, then their writes go into one transaction, each in a
// savepoint of its own, so that one that is refused takes nothing with it. Nothing is answered
// before the commit. When the transaction as a whole fails, each write is tried alone, so that a
// call too large for the disk does not fail its neighbours.

/**
 * Runs calls of the store synchronously; the file is opened with the first one, and again after an
 * attempt that failed.
 *
 * @returns a function whose outcomes are in the order of the calls; it does not throw
 */
export function createBatchRunner(
  options: DatabaseOptions,
  onUnreadableMetadata: UnreadableMetadata,
): BatchRunner {
  let store: OpenStore | undefined
  /** Calls run one after the other. */
  let caller = libraryContext
  let tidyAt = 0
  // A process that was killed leaves its log: in it, and in the file until the log is moved there,
  // is what it erased last.
  let logHoldsErased = true

  /**
   * Removes what has to be gone by now. Runs with the first call after the file was opened, and then
   * about once a minute, as a running server asks for changes several times a second. A failure must
   * not keep the file from being served: a full disk, for instance, has no room to move the log.
   */
  function tidy(db: Connection): void {
    if (performance.now() < tidyAt) return
    tidyAt = performance.now() + tidyEveryMs
    try {
      if (expireAnswers(db) > 0) logHoldsErased = true
      if (logHoldsErased) logHoldsErased = !emptyLog(db)
    } catch {
      // Tried again in a minute.
    }
  }

  function run(db: Connection, call: StoreCall): unknown {
    switch (call.method) {
      case 'emptyLog':
        return emptyLog(db)
      case 'ping':
        return void db.get('SELECT value FROM meta LIMIT 1')
      case 'close':
        closeDatabase(db)
        store = undefined
        return
      default:
        caller = call.context ?? libraryContext
        return findMethod(store?.ports ?? {}, call.method)(...call.parameters)
    }
  }

  function runInSavepoint(db: Connection, call: StoreCall): Outcome<unknown> {
    db.exec('SAVEPOINT call')
    const outcome = toOutcome(() => run(db, call))
    if ('error' in outcome) {
      // SQLite has dropped the whole transaction, not just this call.
      if (!db.inTransaction) throw new TransactionLost(outcome.error)
      db.exec('ROLLBACK TO call')
    }
    db.exec('RELEASE call')
    return outcome
  }

  function commitTogether(db: Connection, calls: readonly StoreCall[]): Outcome<unknown>[] {
    try {
      db.exec('BEGIN IMMEDIATE')
      const outcomes = calls.map((call) => runInSavepoint(db, call))
      db.exec('COMMIT')
      return outcomes
    } catch (error) {
      if (db.inTransaction) db.exec('ROLLBACK')
      const record = error instanceof TransactionLost ? error.record : toErrorRecord(error)
      if (calls.length === 1 || record.code === 'storeBusy') {
        return calls.map(() => ({ error: record }))
      }
      return calls.flatMap((call) => commitTogether(db, [call]))
    }
  }

  return (calls) => {
    const outcomes = new Array<Outcome<unknown>>(calls.length)
    const waiting: number[] = []
    const opened = toOutcome(() => {
      if (store) return
      store = openStore(options, { caller: () => caller, onUnreadableMetadata })
      tidyAt = 0
      logHoldsErased = true
    })
    if ('error' in opened) return calls.map(() => opened)
    const db = store!.db
    tidy(db)
    for (const [i, call] of calls.entries()) {
      if (call.method === 'close') continue
      if (effectOf(call.method) !== 'read') waiting.push(i)
      else outcomes[i] = toOutcome(() => run(db, call))
    }
    if (waiting.length > 0) {
      const done = commitTogether(
        db,
        waiting.map((i) => calls[i]!),
      )
      for (const [k, i] of waiting.entries()) outcomes[i] = done[k]!
      store?.memory.forget()
    }
    const close = calls.findIndex((call) => call.method === 'close')
    if (close >= 0) outcomes[close] = toOutcome(() => run(db, calls[close]!))
    return outcomes
  }
}

/** The transaction that several calls share is gone. */
class TransactionLost extends Error {
  readonly record: FaceErrorRecord

  constructor(record: FaceErrorRecord) {
    super(record.code)
    this.record = record
  }
}

function openStore(
  options: DatabaseOptions,
  { caller, onUnreadableMetadata }: Pick<StoreContext, 'caller' | 'onUnreadableMetadata'>,
): OpenStore {
  const db = openDatabase(options)
  try {
    const row = db.get("SELECT value FROM meta WHERE key = 'databaseId'")
    const context: StoreContext = {
      db,
      databaseId: readText(row, 'value'),
      newId: createUlidSource(),
      now: () => new Date().toISOString(),
      caller,
      onUnreadableMetadata,
    }
    const memory = createLookupMemory(db)
    return { db, memory, ports: createPorts(context, memory) }
  } catch (error) {
    db.close()
    throw error
  }
}

function createPorts(context: StoreContext, memory: LookupMemory): SynchronousPorts {
  const { embeddings, ...lookups } = createLookupOperations(context, memory)
  return {
    collections: createCollectionOperations(context),
    setAside: createSetAsideOperations(context),
    statements: createStatementOperations(context),
    persons: { ...createPersonOperations(context), ...createMergeOperations(context) },
    faces: { ...createFaceOperations(context), ...createMoveOperations(context), ...lookups },
    history: createHistoryOperations(context),
    secondModels: createSecondModelOperations(context),
    feed: { ...createChangeOperations(context), embeddings },
    transfer: createTransferOperations(context),
    answers: createAnswerOperations(context),
    keys: createKeyOperations(context),
    sessions: createSessionOperations(context),
    jobs: createJobOperations(context),
    strangers: createStrangerOperations(context),
  }
}

function closeDatabase(db: Connection): void {
  try {
    emptyLog(db)
  } catch {
    // A full disk, for instance. Nothing is lost: the log is read when the file is opened again.
  }
  db.close()
}
