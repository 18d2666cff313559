import type { Db, Timestamp } from 'mongodb'
import type { CallContext } from '../../core/actor.ts'
import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import { isUlid } from '../rules/pages.ts'
import { toCollection } from './documents.ts'
import type { ScanTurns } from './scan-turns.ts'
import type { Tables } from './tables.ts'
import type { Transact, Transaction } from './transactions.ts'

/** The tables, the clock and the transactions that every operation works with. */
export interface MongoContext {
  readonly db: Db
  readonly tables: Tables
  /** Tells this database's cursors from another's. */
  readonly databaseId: string
  /** Resume token before the first change. */
  readonly beginning: string
  /** How long an operation may take. */
  readonly timeoutMs: number
  readonly transact: Transact
  readonly scans: ScanTurns
  /** Time of the newest transaction of this process. */
  operationTime(): Timestamp | undefined
  /** Who asks. */
  readonly caller: CallContext
  /** A new ULID, greater than the ones before it. */
  newId(): string
  /** ISO 8601, UTC. */
  now(): string
}

/** @throws {FaceError} `collectionNotFound` */
export async function findCollection(
  { tables }: MongoContext,
  collectionId: string,
  { session }: Transaction,
): Promise<Collection> {
  const document = isUlid(collectionId)
    ? await tables.collections.findOne({ _id: collectionId }, { session })
    : null
  if (!document) throw new FaceError('collectionNotFound')
  return toCollection(document)
}

// [Note: Deleted collections]
// Removing a million faces in one transaction is beyond any server. A deletion removes the
// collection's own document, which alone makes the rest visible: readers ask for it together
// with their own query. Persons and faces are removed later, in batches (deleted-collections.ts).

/** The result of `read`, or `none` when there is no such collection. */
export async function readInCollection<T>(
  context: MongoContext,
  collectionId: string,
  { read, none }: { read(): Promise<T>; readonly none: T },
): Promise<T> {
  const result = await readWithModel(context, collectionId, read)
  return result ? result.found : none
}

/** The result of `read` and the collection's model that answers; `undefined` when there is no such collection. */
export async function readWithModel<T>(
  { tables }: MongoContext,
  collectionId: string,
  read: () => Promise<T>,
): Promise<{ readonly found: T; readonly modelId: string } | undefined> {
  if (!isUlid(collectionId)) return undefined
  const [collection, found] = await Promise.all([
    tables.collections.findOne({ _id: collectionId }, { projection: { modelId: 1 } }),
    read(),
  ])
  return collection ? { found, modelId: collection.modelId } : undefined
}
