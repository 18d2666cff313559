import { type Db, type Document, Long, MongoServerError, ObjectId, type Timestamp } from 'mongodb'
import { FaceError } from '../../core/errors.ts'
import { toStoreError } from './errors.ts'
import { type ChangeDocument, schemaVersion } from './tables.ts'

export interface FeedEvent {
  /** Resume token of the change document. */
  readonly token: string
  readonly document: ChangeDocument
}

export interface FeedBatch {
  /** The events in the order of their commits. */
  readonly events: readonly FeedEvent[]
  /** How far the server has looked: there is nothing between the last event and here. */
  readonly endToken: string
}

export interface FeedRange {
  /** Resume token; undefined is now. */
  readonly after: string | undefined
  readonly limit: number
  /** Everything up to this time is seen. */
  readonly upTo?: Timestamp | undefined
  /** A token from which the server cannot read on in this time is not known any more. */
  readonly maxMs?: number
}

// The primary changed, or a connection broke; the next attempt waits for the new primary.
const attempts = 3

/**
 * Reads change documents, markers too: a change stream is opened, its first batch taken, and closed.
 *
 * @returns up to `limit` events; fewer only when there are no more
 * @throws {FaceError} `invalidCursor` when the oplog does not have the token, or has too much after it
 */
export async function readChangeStream(db: Db, range: FeedRange): Promise<FeedBatch> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readFirstBatch(db, range)
    } catch (error) {
      if (isUnknownToken(error)) {
        throw new FaceError('invalidCursor', {
          detail: 'This place in the change feed is not known.',
          cause: error,
        })
      }
      const storeError = toStoreError(error)
      if (storeError.code !== 'storeUnavailable' || attempt === attempts) throw storeError
    }
  }
}

async function readFirstBatch(
  db: Db,
  { after, limit, upTo, maxMs }: FeedRange,
): Promise<FeedBatch> {
  const { cursor } = await db.command(
    {
      aggregate: 'changes',
      pipeline: [
        { $changeStream: after === undefined ? {} : { resumeAfter: { _data: after } } },
        // Every change document passes, because a token of one that is filtered out would not be found
        // again by the server.
        { $match: { operationType: 'insert' } },
        { $project: { fullDocument: 1 } },
      ],
      cursor: { batchSize: limit },
      ...(maxMs === undefined ? {} : { maxTimeMS: maxMs }),
      readConcern: {
        level: 'majority',
        ...(upTo === undefined ? {} : { afterClusterTime: upTo }),
      },
    },
    // Cursor ids have 64 bits.
    { promoteLongs: false },
  )
  // Nothing waits for this, and the server closes cursors that are left over.
  if (!Long.ZERO.equals(cursor.id)) {
    void db.command({ killCursors: 'changes', cursors: [cursor.id] }).catch(() => {})
  }
  return {
    events: cursor.firstBatch.map((event: Document) => ({
      token: event._id._data,
      document: event.fullDocument,
    })),
    endToken: cursor.postBatchResumeToken._data,
  }
}

/** Writes a marker and finds it in the feed. @returns its resume token */
export async function writeMarker(db: Db): Promise<string> {
  let { endToken } = await readChangeStream(db, { after: undefined, limit: 1 })
  const _id = new ObjectId()
  const marker = { _id, kind: 'marker', at: new Date(), schemaVersion } as const
  await db.collection<ChangeDocument>('changes').insertOne(marker)
  for (;;) {
    const batch = await readChangeStream(db, { after: endToken, limit: 100 })
    const found = batch.events.find(({ document }) => _id.equals(document._id))
    if (found) return found.token
    endToken = batch.endToken
  }
}

const unknownTokenCodes = new Set<unknown>([
  9, // FailedToParse
  15, // Overflow
  50, // MaxTimeMSExpired
  260, // InvalidResumeToken
  280, // ChangeStreamFatalError
  286, // ChangeStreamHistoryLost
])

function isUnknownToken(error: unknown): boolean {
  if (!(error instanceof MongoServerError)) return false
  // Errors in the decoding of a token have numbers only, shown as `Location<number>`.
  return unknownTokenCodes.has(error.code) || /^Location50\d{3}$/.test(error.codeName ?? '')
}
