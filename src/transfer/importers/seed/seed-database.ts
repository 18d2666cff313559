import {
  type Collection,
  MongoClient,
  MongoError,
  MongoInvalidArgumentError,
  MongoServerError,
} from 'mongodb'
import { FaceError } from '../../../core/errors.ts'
import { parseSeedDocument } from './seed-document.ts'
import type { SeedSource } from './seed-source.ts'

export interface SeedDatabaseOptions {
  /** `mongodb://...`; not shown in messages, because it may hold a password. */
  readonly url: string
  readonly database: string
  readonly collection: string
  /** How long a server is looked for. */
  readonly timeoutMs: number
}

/** Documents fetched at a time; each has about 4 KB. */
const batchSize = 256

/** Server codes of a login that is wrong, missing or not enough: AuthenticationFailed, Unauthorized. */
const accessCodes: readonly unknown[] = [18, 13]
/** InvalidNamespace; the driver finds some of them itself. */
const nameCode = 73

/**
 * Connects to the MongoDB server that holds the seed's data; it is only read. Any server will do,
 * also a standalone one.
 *
 * @throws {FaceError} `invalidOption` when the URL or a name is not one, `storeUnavailable` when the
 *   server cannot be reached or refuses the login
 */
export async function openSeedDatabase(options: SeedDatabaseOptions): Promise<SeedSource> {
  const { url, database, collection, timeoutMs } = options
  const client = createClient(url, timeoutMs)
  const hosts = client.options.srvHost ?? client.options.hosts.join(', ')
  let documents: Collection
  try {
    documents = client.db(database).collection(collection)
    await client.connect()
  } catch (error) {
    await client.close()
    throw toFaceError(error, hosts)
  }
  return {
    async count() {
      try {
        return await documents.estimatedDocumentCount()
      } catch (error) {
        throw toFaceError(error, hosts)
      }
    },
    async *documents() {
      const projection = { faceName: 1, embedding: 1 }
      const cursor = documents.find({}, { projection, batchSize, sort: { _id: 1 } })
      try {
        for await (const document of cursor) yield parseSeedDocument(document)
      } catch (error) {
        throw toFaceError(error, hosts)
      }
    },
    close: () => client.close(),
  }
}

function createClient(url: string, timeoutMs: number): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'face-watcher seed import',
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
    })
  } catch {
    // The driver's message may quote the URL, and with it a password.
    throw new FaceError('invalidOption', {
      detail:
        'It is not the URL of a MongoDB server; expected mongodb://HOST:PORT or mongodb+srv://HOST.',
    })
  }
}

function toFaceError(error: unknown, hosts: string): unknown {
  if (!(error instanceof MongoError)) return error
  const code = error instanceof MongoServerError ? error.code : undefined
  if (error instanceof MongoInvalidArgumentError || code === nameCode) {
    return new FaceError('invalidOption', {
      detail: 'The name of the database or of its collection is not valid.',
      cause: error,
    })
  }
  const refused = accessCodes.includes(code)
  const why = refused ? `${hosts} refuses the login.` : `No answer from MongoDB at ${hosts}.`
  return new FaceError('storeUnavailable', { detail: why, cause: error })
}
