import { randomBytes } from 'node:crypto'
import {
  type Db,
  type Document,
  type IndexDescription,
  MongoServerError,
  type Collection as Table,
} from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import { idempotencyKeptMs } from '../rules/input-checks.ts'
import { writeMarker } from './change-stream.ts'
import { facesByCoverScore, fillCoverScores } from './cover-scores.ts'
import { isDuplicateKey } from './errors.ts'
import { migrate } from './migration.ts'
import { type MetaDocument, schemaVersion, type Tables } from './tables.ts'
import type { Transactions } from './transactions.ts'

// The feed is read from the oplog; a change that was written is not needed any more.
const changeKeptSeconds = 3600

/** The unique index of faces, also the way to the faces of a person. */
export const facesByPerson = 'facesByPerson'
/** The server's own name: databases of version 1 have the index. */
export const facesByCollection = 'collectionId_1__id_1'
/** One model's embeddings of a collection, in the order of the faces. */
export const embeddingsByModel = 'embeddingsByModel'

const indexes: Readonly<Record<keyof Tables, readonly IndexDescription[]>> = {
  meta: [],
  collections: [{ key: { name: 1 }, unique: true }],
  counters: [{ key: { collectionId: 1 } }],
  persons: [
    { key: { collectionId: 1, _id: 1 } },
    { key: { collectionId: 1, name: 1, _id: 1 } },
    { key: { collectionId: 1, words: 1 } },
    { key: { collectionId: 1, sortName: 1, _id: 1 } },
    { key: { collectionId: 1, faceCount: 1, _id: 1 } },
    { key: { collectionId: 1, lastSeenAt: 1, _id: 1 } },
    { key: { collectionId: 1, updatedAt: 1, _id: 1 } },
    {
      key: { collectionId: 1, externalId: 1 },
      unique: true,
      partialFilterExpression: { externalId: { $exists: true } },
    },
  ],
  nameLocks: [{ key: { collectionId: 1 } }],
  faces: [
    { key: { collectionId: 1, _id: 1 }, name: facesByCollection },
    { key: { personId: 1, imageHash: 1, box: 1 }, unique: true, name: facesByPerson },
    { key: { collectionId: 1, imageHash: 1, _id: 1 } },
    {
      key: { personId: 1, coverScore: -1, _id: 1 },
      name: facesByCoverScore,
      partialFilterExpression: { coverScore: { $exists: true } },
    },
  ],
  embeddings: [
    { key: { collectionId: 1, modelId: 1, faceId: 1 }, name: embeddingsByModel },
    { key: { faceId: 1 } },
  ],
  statements: [
    { key: { personId: 1, source: 1 }, unique: true },
    { key: { faceId: 1 }, partialFilterExpression: { faceId: { $exists: true } } },
    { key: { collectionId: 1, _id: 1 } },
    { key: { copyOf: 1 }, partialFilterExpression: { copyOf: { $exists: true } } },
  ],
  crops: [],
  history: [
    { key: { collectionId: 1, _id: 1 } },
    { key: { collectionId: 1, personIds: 1, _id: 1 } },
    { key: { at: 1 } },
  ],
  trash: [
    { key: { collectionId: 1 } },
    { key: { entryId: 1 } },
    { key: { personId: 1 } },
    { key: { removedAt: 1 } },
    {
      key: { personId: 1, _id: 1 },
      name: 'setAsideByPerson',
      partialFilterExpression: { record: 'setAside' },
    },
    {
      key: { collectionId: 1, 'face.imageHash': 1 },
      name: 'setAsideByImage',
      partialFilterExpression: { record: 'setAside' },
    },
    {
      key: { 'statement.faceId': 1 },
      partialFilterExpression: { 'statement.faceId': { $exists: true } },
    },
  ],
  changes: [{ key: { at: 1 }, expireAfterSeconds: changeKeptSeconds }],
  idempotency: [
    { key: { claimedAt: 1 }, expireAfterSeconds: idempotencyKeptMs / 1000 },
    { key: { subjects: 1 } },
  ],
  keys: [{ key: { hash: 1 }, unique: true }],
  sessions: [
    { key: { hash: 1 }, unique: true },
    { key: { subject: 1 } },
    { key: { endsAt: 1 } },
    { key: { idleEndsAt: 1 } },
  ],
  jobs: [{ key: { state: 1, _id: 1 } }, { key: { collectionId: 1 } }, { key: { endedAt: 1 } }],
  jobItems: [
    { key: { jobId: 1, _id: 1 } },
    { key: { collectionId: 1 } },
    { key: { personId: 1 }, partialFilterExpression: { personId: { $exists: true } } },
  ],
  jobParts: [{ key: { jobId: 1 } }, { key: { collectionId: 1 } }],
  strangerLeases: [{ key: { collectionId: 1 } }],
  strangers: [
    { key: { collectionId: 1, lastSeenAt: 1, _id: 1 } },
    { key: { collectionId: 1, count: 1, _id: 1 } },
    { key: { collectionId: 1, modelId: 1, _id: 1 } },
    { key: { formerIds: 1 }, partialFilterExpression: { formerIds: { $exists: true } } },
    { key: { personId: 1 }, partialFilterExpression: { personId: { $exists: true } } },
    { key: { anchorId: 1 }, partialFilterExpression: { anchorId: { $exists: true } } },
    { key: { likeId: 1 }, partialFilterExpression: { likeId: { $exists: true } } },
  ],
  sightings: [
    { key: { collectionId: 1, _id: 1 } },
    { key: { collectionId: 1, seenAt: 1, _id: 1 } },
    { key: { strangerId: 1, _id: 1 } },
    {
      key: { collectionId: 1, modelId: 1, _id: 1 },
      name: 'sightingsWaiting',
      partialFilterExpression: { waiting: true },
    },
  ],
  sightingCrops: [],
  purges: [],
}

/** What the server refuses to store; see [Note: Migration] in migration.ts. */
const validators: Partial<Readonly<Record<keyof Tables, Document>>> = {
  collections: { indexId: { $exists: true } },
  persons: { nameFolded: { $exists: false } },
  faces: { embedding: { $exists: false } },
  changes: { schemaVersion: { $gte: schemaVersion } },
  purges: { batches: { $exists: false } },
}

export interface PreparedDatabase {
  readonly tables: Tables
  readonly databaseId: string
  /** Resume token before the first change. */
  readonly beginning: string
}

/**
 * Creates what is missing of collections, indexes and the database's own record, and brings what an
 * earlier version wrote to this one; safe when several processes start at once.
 *
 * @throws {FaceError} `storeTooNew` when a newer program wrote the database
 */
export async function prepareDatabase(
  db: Db,
  transactions: Transactions,
): Promise<PreparedDatabase> {
  const tables: Tables = {
    meta: db.collection('meta'),
    collections: db.collection('collections'),
    counters: db.collection('counters'),
    persons: db.collection('persons'),
    nameLocks: db.collection('nameLocks'),
    faces: db.collection('faces'),
    embeddings: db.collection('embeddings'),
    statements: db.collection('statements'),
    crops: db.collection('crops'),
    history: db.collection('history'),
    trash: db.collection('trash'),
    changes: db.collection('changes'),
    idempotency: db.collection('idempotency'),
    keys: db.collection('keys'),
    sessions: db.collection('sessions'),
    jobs: db.collection('jobs'),
    jobItems: db.collection('jobItems'),
    jobParts: db.collection('jobParts'),
    strangerLeases: db.collection('strangerLeases'),
    strangers: db.collection('strangers'),
    sightings: db.collection('sightings'),
    sightingCrops: db.collection('sightingCrops'),
    purges: db.collection('purges'),
  }
  const meta = await readMeta(tables.meta)
  if (meta.schemaVersion > schemaVersion) {
    throw new FaceError('storeTooNew', {
      detail: `Its schema is version ${meta.schemaVersion}; this program knows up to ${schemaVersion}.`,
    })
  }
  const existing = new Set(
    (await db.listCollections({}, { nameOnly: true }).toArray()).map((c) => c.name),
  )
  await Promise.all(
    Object.entries(indexes).map(async ([name, wanted]) => {
      // A transaction that creates a collection conflicts with others that do.
      if (!existing.has(name)) {
        await createIfMissing(db, name, validators[name as keyof Tables])
      }
      if (wanted.length > 0) await db.collection(name).createIndexes([...wanted])
    }),
  )
  if (meta.contentVersion !== schemaVersion) {
    await migrate({ db, tables, validators, ...transactions })
  }
  if (meta.coverScores !== true) await fillCoverScores(tables)
  return {
    tables,
    databaseId: meta.databaseId,
    beginning: meta.beginning ?? (await begin(db, tables)),
  }
}

/** The first place in the feed; of the processes that start at once, one's is kept. */
async function begin(db: Db, { meta }: Tables): Promise<string> {
  const beginning = await writeMarker(db)
  await meta.updateOne({ _id: 'database', beginning: { $exists: false } }, { $set: { beginning } })
  const stored = await readMeta(meta)
  return stored.beginning ?? beginning
}

async function readMeta(table: Table<MetaDocument>): Promise<MetaDocument> {
  const meta: MetaDocument = {
    _id: 'database',
    schemaVersion,
    contentVersion: schemaVersion,
    coverScores: true,
    databaseId: randomBytes(8).toString('hex'),
  }
  try {
    await table.insertOne(meta)
    return meta
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
  const stored = await table.findOne({ _id: 'database' })
  if (!stored)
    throw new FaceError('storeCorrupt', { detail: 'The record of the database is gone.' })
  return stored
}

async function createIfMissing(
  db: Db,
  name: string,
  validator: Document | undefined,
): Promise<void> {
  try {
    await db.createCollection(name, validator === undefined ? {} : { validator })
  } catch (error) {
    // NamespaceExists: another process was faster.
    if (!(error instanceof MongoServerError && error.code === 48)) throw error
  }
}
