import { randomBytes } from 'node:crypto'
import { FaceError } from '../../core/errors.ts'
import type { Cursor } from '../../core/types.ts'
import type { Change, ChangeFeed } from '../ports/feed.ts'
import type { StoreContext, Synchronous } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readEmbedding, readNumber, readText } from './rows.ts'

// [Note: Cursors of the change feed]
// A cursor is `<database id>.<sequence>.<tag>`. The sequence orders; it is given out under SQLite's
// write lock, so changes become visible in its order. The id refuses another database's cursor. The
// tag, random per change, refuses a cursor from a future that a restored backup does not share: the
// sequence numbers after a restore are the same, the tags are not. Changes are never pruned (about
// 80 bytes each), so no valid cursor expires.
const cursorPattern = /^([0-9a-f]{16})\.(\d{1,15})\.([0-9a-f]{8})$/
const beginningTag = '00000000'

/** Writes a change; part of the transaction of the write that it records. */
export function appendChange(
  context: StoreContext,
  change: Pick<Change, 'kind' | 'collectionId' | 'faceId' | 'modelId'>,
): void {
  context.db.run(
    'INSERT INTO changes (tag, kind, collection_id, face_id, model_id) VALUES (?, ?, ?, ?, ?)',
    [
      randomBytes(4).toString('hex'),
      change.kind,
      change.collectionId,
      change.faceId ?? null,
      change.modelId ?? null,
    ],
  )
}

/** The change feed, as {@link import('../database.ts').Database} says. */
export function createChangeOperations(
  context: StoreContext,
): Synchronous<Omit<ChangeFeed, 'embeddings'>> {
  const { db, databaseId } = context

  function toCursor(row: SqlRow | undefined): Cursor {
    return row
      ? `${databaseId}.${readNumber(row, 'seq')}.${readText(row, 'tag')}`
      : `${databaseId}.0.${beginningTag}`
  }

  function toSequence(cursor: Cursor | undefined): number {
    if (cursor === undefined) return 0
    const [, id, digits, tag] = cursorPattern.exec(String(cursor)) ?? []
    const sequence = Number(digits)
    const known =
      id === databaseId &&
      (sequence === 0
        ? tag === beginningTag
        : db.get('SELECT tag FROM changes WHERE seq = ?', [sequence])?.tag === tag)
    if (!known) {
      throw new FaceError('invalidCursor', {
        detail: 'This place in the change feed is not known.',
      })
    }
    return sequence
  }

  return {
    latestCursor: () => toCursor(db.get('SELECT seq, tag FROM changes ORDER BY seq DESC LIMIT 1')),

    changes(after, limit) {
      if (!Number.isInteger(limit) || limit < 1) {
        throw new FaceError('invalidOption', { detail: 'limit must be a whole number from 1.' })
      }
      const rows = db.all(
        'SELECT c.seq, c.tag, c.kind, c.collection_id, c.face_id, c.model_id, e.embedding ' +
          "FROM changes c LEFT JOIN embeddings e ON c.kind = 'faceAdded' " +
          'AND e.face_id = c.face_id AND e.model_id = c.model_id ' +
          'WHERE c.seq > ? ORDER BY c.seq LIMIT ?',
        [toSequence(after), limit],
      )
      return rows.map((row) => toChange(row, toCursor(row)))
    },
  }
}

function toChange(row: SqlRow, cursor: Cursor): Change {
  const kind = readText(row, 'kind')
  const collectionId = readText(row, 'collection_id')
  if (kind === 'collectionRemoved' || kind === 'modelsChanged')
    return { cursor, collectionId, kind }
  if (kind !== 'faceAdded' && kind !== 'faceRemoved') {
    throw new FaceError('storeCorrupt', { detail: 'A change of an unknown kind.' })
  }
  const faceId = readText(row, 'face_id')
  const change: Change = { cursor, collectionId, kind, faceId }
  // Faces that were gone when the database became one of this version.
  if (row.model_id === null) return change
  const modelId = readText(row, 'model_id')
  if (row.embedding === null) return { ...change, modelId }
  return { ...change, modelId, embedding: readEmbedding(row) }
}
