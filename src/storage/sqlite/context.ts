import { FaceError } from '../../core/errors.ts'
import type { Collection, GalleryStore } from '../store.ts'
import type { Connection } from './libsql.ts'
import { collectionColumns, readCollection, type UnreadableMetadata } from './rows.ts'

/** What every operation works with; lives in the store's thread. */
export interface StoreContext {
  readonly db: Connection
  /** Tells this database's cursors from another's. */
  readonly databaseId: string
  /** A new ULID, greater than the ones before it. */
  newId(): string
  /** ISO 8601, UTC. */
  now(): string
  readonly onUnreadableMetadata: UnreadableMetadata
}

/** The store's methods that run in its thread. SQLite cannot tell of changes: its feed is polled. */
export type SqliteMethod = Exclude<keyof GalleryStore, 'onChange'>

/** The synchronous form of a store's methods. */
export type SyncStore<M extends SqliteMethod> = {
  readonly [K in M]: (
    ...parameters: Parameters<GalleryStore[K]>
  ) => Awaited<ReturnType<GalleryStore[K]>>
}

/** @throws {FaceError} `collectionNotFound` */
export function findCollection(context: StoreContext, collectionId: string): Collection {
  const row = context.db.get(`SELECT ${collectionColumns} FROM collections WHERE id = ?`, [
    collectionId,
  ])
  if (!row) throw new FaceError('collectionNotFound')
  return readCollection(row)
}
