import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClientSession, type Db, type MongoClient, MongoServerError } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import { syncFolder } from '../../platform/disk.ts'
import type { CopyOptions, DatabaseCopy } from '../ports/copies.ts'
import { tableNames } from './schema.ts'
import { schemaVersion, type Tables } from './tables.ts'

// [Note: Copies of MongoDB]
// All documents as the server has them, those of a table in a file of BSON, one after the other, as
// mongodump writes them. All tables are read within one session at one time of the cluster (read
// concern `snapshot`), so that they fit together while others write. The server keeps what was at a
// time for minSnapshotHistoryWindowInSeconds, 300 s unless it is set: a copy that takes longer fails,
// and mongodump --oplog, or a longer window, is the way. Changes are left out: they are read from the
// oplog, which belongs to the server.

/** Folder of the files within a copy. */
export const copyFolder = 'mongodb'
const batchSize = 500
/** Bytes that are written at once. */
const writtenAtOnce = 1 << 20
/** SnapshotTooOld, SnapshotUnavailable of the server's error_codes.yml. */
const tooOld: ReadonlySet<unknown> = new Set([239, 246])

/** Tables that are copied. */
export const copiedTables: readonly (keyof Tables)[] = tableNames.filter(
  (name) => name !== 'changes',
)

/** As {@link import('../database.ts').Database.copyInto} says. */
export async function copyMongodb(
  { client, db }: { readonly client: MongoClient; readonly db: Db },
  directory: string,
  { signal, onProgress }: CopyOptions = {},
): Promise<DatabaseCopy> {
  const takenAt = new Date().toISOString()
  const folder = join(directory, copyFolder)
  await mkdir(folder, { mode: 0o700 })
  const { dataSize } = await db.stats()
  const counts: Partial<Record<keyof Tables, number>> = {}
  let done = 0
  const session = client.startSession({ snapshot: true })
  try {
    for (const table of copiedTables) {
      const path = join(folder, `${table}.bson`)
      counts[table] = await copyTable({ db, session, table, path }, (bytes) => {
        signal?.throwIfAborted()
        done += bytes
        onProgress?.(done, Math.max(done, Number(dataSize)))
      })
    }
  } catch (error) {
    if (!(error instanceof MongoServerError && tooOld.has(error.code))) throw error
    throw new FaceError('storeUnavailable', {
      detail:
        'The copy took longer than the server keeps what was (minSnapshotHistoryWindowInSeconds).',
      cause: error,
    })
  } finally {
    await session.endSession()
  }
  await syncFolder(folder)
  await syncFolder(directory)
  return {
    ...{ kind: 'mongodb', schemaVersion, takenAt },
    counts: {
      collections: counts.collections ?? 0,
      persons: counts.persons ?? 0,
      faces: counts.faces ?? 0,
    },
    files: copiedTables.map((table) => `${copyFolder}/${table}.bson`),
  }
}

/** @returns how many documents */
async function copyTable(
  {
    db,
    session,
    table,
    path,
  }: {
    readonly db: Db
    readonly session: ClientSession
    readonly table: string
    readonly path: string
  },
  onBytes: (bytes: number) => void,
): Promise<number> {
  const file = await open(path, 'wx', 0o600)
  let documents = 0
  let waiting: Buffer[] = []
  let bytes = 0
  const flush = async () => {
    await file.appendFile(Buffer.concat(waiting, bytes))
    onBytes(bytes)
    waiting = []
    bytes = 0
  }
  try {
    // That of the client would be taken otherwise, and each table be read at a time of its own.
    const readConcern = { level: 'snapshot' } as const
    const options = { raw: true, session, batchSize, readConcern } as const
    for await (const document of db.collection(table).find({}, options)) {
      // A view of the driver's buffer.
      const own = Buffer.from(document as unknown as Buffer)
      waiting.push(own)
      bytes += own.length
      documents++
      if (bytes >= writtenAtOnce) await flush()
    }
    await flush()
    await file.sync()
    return documents
  } finally {
    await file.close()
  }
}
