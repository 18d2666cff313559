import type { CallContext } from '../core/actor.ts'
import type { AnswerStore } from './ports/answers.ts'
import type { CollectionStore } from './ports/collections.ts'
import type { FaceStore } from './ports/faces.ts'
import type { ChangeFeed } from './ports/feed.ts'
import type { HistoryStore } from './ports/history.ts'
import type { JobStore } from './ports/jobs.ts'
import type { KeyStore } from './ports/keys.ts'
import type { PersonStore } from './ports/persons.ts'
import type { SecondModelStore } from './ports/second-models.ts'
import type { SessionStore } from './ports/sessions.ts'
import type { SetAsideStore } from './ports/set-aside.ts'
import type { StatementStore } from './ports/statements.ts'
import type { StrangerStore } from './ports/strangers.ts'
import type { TransferStore } from './ports/transfer.ts'

/** The ports of a database, one an aggregate. */
export interface Aggregates {
  readonly collections: CollectionStore
  readonly persons: PersonStore
  readonly faces: FaceStore
  readonly setAside: SetAsideStore
  readonly statements: StatementStore
  readonly history: HistoryStore
  readonly secondModels: SecondModelStore
  readonly feed: ChangeFeed
  readonly transfer: TransferStore
  readonly answers: AnswerStore
  readonly keys: KeyStore
  readonly sessions: SessionStore
  readonly jobs: JobStore
  readonly strangers: StrangerStore
}

/**
 * The source of truth: collections -> persons -> faces -> embeddings, and the feed of changes.
 * Writes are durable when the promise resolves, and each write and its changes are one transaction.
 * All ids are ULIDs made here; nothing is joined by position. Times are ISO 8601 UTC.
 * Every method may throw `storeBusy`, `storeUnavailable`, `storeCorrupt`, `storeFull`, `storeReadOnly`.
 */
export interface Database extends Aggregates {
  /**
   * The same ports for a caller: what a write keeps of who asked, it keeps in its own transaction.
   * Cheap enough for each request. The database's own ports are the library's.
   */
  as(context: CallContext): Aggregates
  /**
   * Calls the listener soon after anything changed, also by other processes; several changes may
   * give one call, and a call may come without a change. Absent where the feed has to be polled.
   *
   * @returns ends it
   */
  onChange?(listener: () => void): () => void
  /** Cheap round trip; rejects when the database cannot serve. */
  ping(): Promise<void>
  close(): Promise<void>
}
