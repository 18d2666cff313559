import type { CallContext } from '../../core/actor.ts'
import type { AuditEvent } from '../../core/audit/entry.ts'
import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type { Connection } from './libsql.ts'
import { collectionColumns, readCollection, type UnreadableMetadata } from './rows.ts'

/** The connection, ids and clock that every operation works with; lives in the store's thread. */
export interface StoreContext {
  readonly db: Connection
  /** Tells this database's cursors from another's. */
  readonly databaseId: string
  /** A new ULID, greater than the ones before it. */
  newId(): string
  /** ISO 8601, UTC. */
  now(): string
  /** Of the call that runs. */
  caller(): CallContext
  /** Enters what the call that runs does; see [Note: Audit rules] in audit-rules.ts. */
  note(event: AuditEvent): void
  readonly onUnreadableMetadata: UnreadableMetadata
}

/** The synchronous form of a port: SQLite's driver blocks the store's thread. */
export type Synchronous<Port> = {
  readonly [K in keyof Port]: Port[K] extends (...parameters: infer P) => infer R
    ? (...parameters: P) => Awaited<R>
    : never
}

/** @throws {FaceError} `collectionNotFound` */
export function findCollection(context: StoreContext, collectionId: string): Collection {
  const row = context.db.get(`SELECT ${collectionColumns} FROM collections WHERE id = ?`, [
    collectionId,
  ])
  if (!row) throw new FaceError('collectionNotFound')
  return readCollection(row)
}
