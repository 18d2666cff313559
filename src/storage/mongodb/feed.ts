import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import { withinTime } from '../../platform/concurrency/time-limit.ts'
import type { Change, ChangeFeed } from '../ports/feed.ts'
import { modelsOf } from '../rules/second-models.ts'
import { type FeedBatch, type FeedEvent, readChangeStream, writeMarker } from './change-stream.ts'
import type { MongoContext } from './context.ts'
import { readEmbedding, toCollection, toEmbeddingId } from './documents.ts'
import { type ChangeDocument, schemaVersion } from './tables.ts'
import type { Transaction } from './transactions.ts'

// [Note: Change feed]
// A write and its change documents are one transaction; the feed is the change stream of their
// table, in the order of commits. A cursor is `<database id>.<resume token>`, and the token is
// always that of a change document, never a mere time: the server looks for the document in its
// oplog, so that a cursor from before the oplog, or from a future that a restored backup does not
// share, is refused. Where the feed has no change to take a token from, a marker is written.
//
// A read opens a stream, takes the first batch and closes it. On the primary, the first batch has
// everything that is committed by a majority, so all that was acknowledged to anyone. A new primary
// may not know yet which of the old one's writes are committed, so it is given the time of the
// newest that was acknowledged here, and waits until it knows that one.
//
// From an old token the server reads through all of the oplog since, other databases' writes
// included. So the end of the last read is remembered, with the token that says how far the server
// had looked. An old token that cannot be read on from in a minute is as good as expired: filling an
// index from the faces takes no longer.
const maxReadMs = 60_000
const cursorPattern = /^([0-9a-f]{16})\.((?:[0-9A-Fa-f]{2}){9,})$/

/** A cursor and its place in the oplog; no change of the feed is between the two. */
interface Position {
  readonly cursor: Cursor
  readonly token: string
}

const pageSize = 1000

/** Writes changes; part of the transaction of the write that they record. */
export async function insertChanges(
  { tables }: MongoContext,
  changes: readonly Pick<Change, 'kind' | 'collectionId' | 'faceId' | 'modelId'>[],
  { session }: Transaction,
): Promise<void> {
  if (changes.length === 0) return
  const at = new Date()
  await tables.changes.insertMany(
    changes.map((change) => ({ ...change, at, schemaVersion })),
    { session },
  )
}

/** The change feed, as {@link ChangeFeed} says. */
export function createFeedOperations(context: MongoContext): Omit<ChangeFeed, 'embeddings'> {
  const { db, databaseId } = context
  let end: Position | undefined

  const toCursor = (token: string): Cursor => `${databaseId}.${token}`

  function toToken(cursor: Cursor): string {
    const [, id, token] = cursorPattern.exec(String(cursor)) ?? []
    if (token !== undefined && id === databaseId) return token
    throw new FaceError('invalidCursor', {
      detail: 'The cursor is not of the change feed of this database.',
    })
  }

  /** Up to `limit` changes; fewer only when there are no more. */
  async function read(after: Cursor, limit: number): Promise<readonly FeedEvent[]> {
    let position = after === end?.cursor ? end : { cursor: after, token: toToken(after) }
    const changes: FeedEvent[] = []
    for (;;) {
      const asked = limit - changes.length
      const { events, endToken } = await readFrom(position, asked)
      changes.push(...events.filter(({ document }) => document.kind !== 'marker'))
      const last = changes.at(-1)
      position = { cursor: last ? toCursor(last.token) : after, token: endToken }
      if (events.length < asked || changes.length === limit) break
    }
    end = position
    return changes
  }

  async function readFrom(position: Position, limit: number): Promise<FeedBatch> {
    const range = { after: position.token, limit, upTo: context.operationTime(), maxMs: maxReadMs }
    if (position !== end) return readChangeStream(db, range)
    try {
      return await withinTime(() => readChangeStream(db, range), context.timeoutMs)
    } catch (error) {
      if (isFaceError(error, 'invalidCursor')) end = undefined
      throw error
    }
  }

  return {
    async latestCursor() {
      let cursor = end?.cursor ?? toCursor(await writeMarker(db))
      for (;;) {
        const events = await read(cursor, pageSize)
        const last = events.at(-1)
        if (last) cursor = toCursor(last.token)
        if (events.length < pageSize) return cursor
      }
    },

    async changes(after, limit) {
      if (!Number.isInteger(limit) || limit < 1) {
        throw new FaceError('invalidOption', { detail: 'limit must be a whole number from 1.' })
      }
      const events = await addFirstModels(
        context,
        await read(after ?? toCursor(context.beginning), limit),
      )
      const embeddings = await readEmbeddings(context, events)
      return events.map(({ token, document }): Change => {
        const { kind, collectionId, faceId, modelId } = document
        if (kind === 'marker' || collectionId === undefined) {
          throw new FaceError('storeCorrupt', { detail: 'A change of an unknown kind.' })
        }
        const embedding = embeddings.get(toAddedId(document) ?? '')
        return {
          cursor: toCursor(token),
          collectionId,
          kind,
          ...(faceId === undefined ? {} : { faceId }),
          ...(modelId === undefined ? {} : { modelId }),
          ...(embedding === undefined ? {} : { embedding }),
        }
      })
    },
  }
}

/** The id of the embedding of which the change tells; `undefined` where it tells of none. */
function toAddedId({ kind, faceId, modelId }: ChangeDocument): string | undefined {
  if (kind !== 'faceAdded' || faceId === undefined || modelId === undefined) return undefined
  return toEmbeddingId(faceId, { modelId })
}

/** Embeddings of which the changes tell and that are still there, by id. */
async function readEmbeddings(
  { tables }: MongoContext,
  events: readonly FeedEvent[],
): Promise<Map<string, Float32Array>> {
  const ids = events.flatMap(({ document }) => toAddedId(document) ?? [])
  if (ids.length === 0) return new Map()
  const found = await tables.embeddings
    .find({ _id: { $in: ids } }, { projection: { embedding: 1 } })
    .toArray()
  return new Map(found.map((embedding) => [embedding._id, readEmbedding(embedding)]))
}

/**
 * Adds the model to changes of version 1, which had no need to name it: the oplog keeps them as they
 * were written. It was the first model of the collection, whose index has the collection's id for its
 * name; where the collection has that no more, nobody wants its embeddings.
 */
async function addFirstModels(
  { tables }: MongoContext,
  events: readonly FeedEvent[],
): Promise<readonly FeedEvent[]> {
  const isOld = ({ kind, modelId }: ChangeDocument) => kind === 'faceAdded' && modelId === undefined
  const ids = events.flatMap(({ document }) =>
    isOld(document) ? (document.collectionId ?? []) : [],
  )
  if (ids.length === 0) return events
  const firstModels = new Map<string | undefined, string>()
  for await (const document of tables.collections.find({ _id: { $in: [...new Set(ids)] } })) {
    const first = modelsOf(toCollection(document)).find(({ indexId }) => indexId === document._id)
    if (first) firstModels.set(document._id, first.modelId)
  }
  return events.map((event) => {
    const modelId = isOld(event.document) && firstModels.get(event.document.collectionId)
    return modelId ? { ...event, document: { ...event.document, modelId } } : event
  })
}
