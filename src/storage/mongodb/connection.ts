import { MongoClient, MongoServerSelectionError } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import { toStoreError } from './errors.ts'

const replicaSetAdvice =
  'Start it with `mongod --replSet rs0` and run `mongosh --eval "rs.initiate()"` once.'
// Frees connections on which nothing comes any more; operations are given up earlier.
const socketTimeoutMs = 60_000

/**
 * Connects to the primary of a replica set. Everything is read from the primary and was committed by
 * a majority; everything written is in the journals of a majority.
 *
 * @throws {FaceError} `invalidConfig`, `storeUnavailable`, `storeStandalone`
 */
export async function connect(url: string, timeoutMs: number): Promise<MongoClient> {
  const client = createClient(url, timeoutMs)
  try {
    await client.connect()
    const hello = await client.db('admin').command({ hello: 1 })
    if (hello.msg === 'isdbgrid') {
      throw new FaceError('storeStandalone', {
        detail: 'It is a router of a sharded cluster, which is not supported.',
      })
    }
    if (hello.setName === undefined) {
      throw new FaceError('storeStandalone', { detail: replicaSetAdvice })
    }
    return client
  } catch (error) {
    await client.close().catch(() => {})
    if (isUninitiated(error)) throw new FaceError('storeStandalone', { detail: replicaSetAdvice })
    throw toStoreError(error)
  }
}

function createClient(url: string, timeoutMs: number): MongoClient {
  try {
    return new MongoClient(url, {
      appName: 'face-watcher',
      readPreference: 'primary',
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', journal: true },
      ignoreUndefined: true,
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
      socketTimeoutMS: socketTimeoutMs,
    })
  } catch {
    // The cause quotes the URL, password included.
    throw new FaceError('invalidConfig', { detail: 'The MongoDB URL is not valid.' })
  }
}

/** A server that was started for a replica set which nobody has initiated. */
function isUninitiated(error: unknown): boolean {
  if (!(error instanceof MongoServerSelectionError) || !error.reason) return false
  return [...error.reason.servers.values()].some((server) => server.type === 'RSGhost')
}
