import { FaceError } from '../../core/errors.ts'
import type { HistoryDetails, HistoryStore } from '../ports/history.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import type { StoreContext, Synchronous } from './context.ts'
import { entryColumns, readEntry, readTransitions } from './history-rows.ts'
import type { SqlValue } from './libsql.ts'
import { readText } from './rows.ts'
import { eraseTrash } from './trash.ts'
import { undoEntry } from './undo.ts'

/** @throws {FaceError} `historyEntryNotFound` */
function getEntry({ db }: StoreContext, collectionId: string, entryId: string): HistoryDetails {
  const row = isUlid(entryId)
    ? db.get(
        `SELECT ${entryColumns}, transitions FROM history WHERE id = ? AND collection_id = ?`,
        [entryId, collectionId],
      )
    : undefined
  if (!row) throw new FaceError('historyEntryNotFound')
  return { ...readEntry(row), transitions: readTransitions(row) }
}

/** The history, as {@link HistoryStore} says. */
export function createHistoryOperations(context: StoreContext): Synchronous<HistoryStore> {
  const { db } = context
  return {
    list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('history', options)
      const { personId } = options
      if (personId !== undefined && !isUlid(personId)) return { items: [] }
      const conditions = [
        'collection_id = ?',
        ...(after === '' ? [] : ['id < ?']),
        ...(personId === undefined
          ? []
          : ['id IN (SELECT entry_id FROM history_persons WHERE person_id = ?)']),
      ]
      const parameters: SqlValue[] = [
        collectionId,
        ...(after === '' ? [] : [after]),
        ...(personId === undefined ? [] : [personId]),
      ]
      const rows = db.all(
        `SELECT ${entryColumns} FROM history WHERE ${conditions.join(' AND ')} ` +
          'ORDER BY id DESC LIMIT ?',
        [...parameters, limit + 1],
      )
      return toPage('history', rows.map(readEntry), limit)
    },

    get: (collectionId, entryId) => getEntry(context, collectionId, entryId),

    undo(collectionId, entryId, options = {}) {
      const entry = getEntry(context, collectionId, entryId)
      return undoEntry(context, { collectionId, entry }, options)
    },

    eraseTrash: (removedBefore, limit) => eraseTrash(context, removedBefore, limit),

    expire(before, limit) {
      const rows = db.all(
        'SELECT id FROM history h WHERE at < ? ' +
          'AND NOT EXISTS (SELECT 1 FROM trash WHERE entry_id = h.id) ORDER BY at LIMIT ?',
        [before, limit],
      )
      for (const row of rows) db.run('DELETE FROM history WHERE id = ?', [readText(row, 'id')])
      return rows.length
    },
  }
}
