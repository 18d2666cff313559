import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { BSON, type Db, type Document } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import type { DatabaseCopy } from '../ports/copies.ts'
import { connect } from './connection.ts'
import { copiedTables, copyFolder } from './copies.ts'
import { toStoreError } from './errors.ts'
import { createTable, tableNames } from './schema.ts'
import { type MetaDocument, schemaVersion } from './tables.ts'

/** A schema version that no program knows: while it is there, every program leaves the database alone. */
const restoringVersion = 1_000_000
const batchSize = 500
/** Of the server; a document has an embedding or a crop at most. */
const maxDocumentBytes = 16 * 1024 * 1024

export interface RestoredDatabase {
  readonly url: string
  readonly database: string
  readonly timeoutMs: number
}

/**
 * Refuses a database that holds people. One of which a restore was interrupted is free, as is one
 * that has only empty collections.
 *
 * @throws {FaceError} `dataInUse`, `storeUnavailable`, `storeStandalone`
 */
export function assertFree(target: RestoredDatabase): Promise<void> {
  return within(target, async (db) => {
    const meta = await db.collection<MetaDocument>('meta').findOne({ _id: 'database' })
    if (meta?.schemaVersion === restoringVersion) return
    for (const table of ['persons', 'strangers', 'trash']) {
      if ((await db.collection(table).findOne({}, { projection: { _id: 1 } })) === null) continue
      throw new FaceError('dataInUse', {
        detail: 'The MongoDB database holds people; name another one by store.database.',
      })
    }
  })
}

/**
 * Puts a copy into a database that no process uses. Interrupted, it leaves a database that every
 * program refuses, and that the next restore begins again.
 *
 * @param directory  of the copy
 * @throws {FaceError} as {@link assertFree}; `storeTooNew`, `storeCorrupt`
 */
export async function restoreMongodb(
  target: RestoredDatabase,
  directory: string,
  onDocuments: (documents: number) => void,
): Promise<void> {
  await assertFree(target)
  await within(target, async (db) => {
    const [stored] = await readAll(join(directory, copyFolder, 'meta.bson'))
    const { beginning: _, ...meta } = (stored ?? {}) as unknown as MetaDocument
    const version = Number(meta.schemaVersion)
    if (!(version <= schemaVersion)) throw new FaceError('storeTooNew')
    const table = db.collection<MetaDocument>('meta')
    // A cursor of the original must not be taken for one of what the copy becomes.
    const databaseId = randomBytes(8).toString('hex')
    const being = { ...meta, databaseId, schemaVersion: restoringVersion }
    await table.replaceOne({ _id: 'database' }, being, { upsert: true })
    for (const name of tableNames) {
      if (name !== 'meta') await db.collection(name).drop()
    }
    for (const name of copiedTables) {
      if (name === 'meta') continue
      await createTable(db, name)
      for await (const documents of eachBatch(join(directory, copyFolder, `${name}.bson`))) {
        // What an earlier version wrote is brought to this one at the next start.
        await db.collection(name).insertMany(documents, { bypassDocumentValidation: true })
        onDocuments(documents.length)
      }
    }
    await table.replaceOne({ _id: 'database' }, { ...being, schemaVersion: version })
  })
}

/** What is in a copy. @throws {FaceError} `storeCorrupt`, `storeTooNew` */
export async function inspectMongodbCopy(
  directory: string,
): Promise<Pick<DatabaseCopy, 'schemaVersion' | 'counts'>> {
  const folder = join(directory, copyFolder)
  const [meta] = await readAll(join(folder, 'meta.bson'))
  const version = Number((meta as MetaDocument | undefined)?.schemaVersion)
  if (!Number.isInteger(version)) throw new FaceError('storeCorrupt')
  if (version > schemaVersion) throw new FaceError('storeTooNew')
  const counts = new Map<string, number>()
  for (const table of copiedTables) {
    let documents = 0
    for await (const batch of eachBatch(join(folder, `${table}.bson`))) documents += batch.length
    counts.set(table, documents)
  }
  const of = (table: string) => counts.get(table) ?? 0
  return {
    schemaVersion: version,
    counts: { collections: of('collections'), persons: of('persons'), faces: of('faces') },
  }
}

async function within<T>(target: RestoredDatabase, use: (db: Db) => Promise<T>): Promise<T> {
  const client = await connect(target.url, target.timeoutMs)
  try {
    return await use(client.db(target.database))
  } catch (error) {
    throw toStoreError(error)
  } finally {
    await client.close()
  }
}

async function readAll(path: string): Promise<readonly Document[]> {
  const all: Document[] = []
  for await (const batch of eachBatch(path)) all.push(...batch)
  return all
}

/** Documents of a file, with the server's own types. @throws {FaceError} `storeCorrupt` */
async function* eachBatch(path: string): AsyncGenerator<Document[], void> {
  let batch: Document[] = []
  for await (const bytes of eachDocument(path)) {
    batch.push(BSON.deserialize(bytes, { promoteValues: false, promoteBuffers: false }))
    if (batch.length < batchSize) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

async function* eachDocument(path: string): AsyncGenerator<Buffer, void> {
  let read = Buffer.alloc(0)
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) {
    read = read.length === 0 ? piece : Buffer.concat([read, piece])
    let at = 0
    while (read.length - at >= 4) {
      const length = read.readInt32LE(at)
      if (length < 5 || length > maxDocumentBytes) throw new FaceError('storeCorrupt')
      if (read.length - at < length) break
      yield read.subarray(at, at + length)
      at += length
    }
    read = read.subarray(at)
  }
  if (read.length > 0) throw new FaceError('storeCorrupt')
}
