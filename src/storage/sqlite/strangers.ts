import { FaceError } from '../../core/errors.ts'
import type { Stranger, StrangerStore } from '../ports/strangers.ts'
import { isUlid } from '../rules/pages.ts'
import { parseStrangerPage, toStrangerPage } from '../rules/strangers.ts'
import type { StoreContext, Synchronous } from './context.ts'
import { readText } from './rows.ts'
import { createSightingOperations } from './sightings.ts'
import { createPlacingOperations } from './stranger-placing.ts'
import { nextRevision, readStranger, removeStranger, strangerColumns } from './stranger-rows.ts'

/** Strangers, as {@link StrangerStore} says. */
export function createStrangerOperations(context: StoreContext): Synchronous<StrangerStore> {
  const { db } = context

  function find(collectionId: string, id: string): Stranger {
    const row = isUlid(id)
      ? db.get(
          `SELECT ${strangerColumns} FROM strangers WHERE collection_id = ? AND id IN ` +
            '(?, (SELECT into_id FROM stranger_joins WHERE from_id = ?))',
          [collectionId, id, id],
        )
      : undefined
    if (!row) throw new FaceError('strangerNotFound')
    return readStranger(row)
  }

  /** The strangers that these ids name, each once. */
  function findAll(collectionId: string, ids: readonly string[]): readonly Stranger[] {
    const found = ids.flatMap((id) => {
      try {
        return [find(collectionId, id)]
      } catch {
        return []
      }
    })
    return [...new Map(found.map((stranger) => [stranger.id, stranger])).values()]
  }

  return {
    ...createSightingOperations(context),
    ...createPlacingOperations(context),

    get: find,

    list(collectionId, options = {}) {
      const { limit, sort, after } = parseStrangerPage(options)
      const { status } = options
      const key = sort === 'count' ? 'count' : 'last_seen_at'
      const rows = db.all(
        `SELECT ${strangerColumns} FROM strangers WHERE collection_id = ? ` +
          `${status === undefined ? '' : 'AND status = ? '}` +
          `${after === undefined ? '' : `AND (${key}, id) < (?, ?) `}ORDER BY ${key} DESC, id DESC LIMIT ?`,
        [
          collectionId,
          ...(status === undefined ? [] : [status]),
          ...(after === undefined ? [] : [after.value, after.id]),
          limit + 1,
        ],
      )
      return toStrangerPage(rows.map(readStranger), { limit, sort })
    },

    setIgnored(collectionId, ids, ignored) {
      const strangers = findAll(collectionId, ids).filter(({ status }) => status !== 'assigned')
      const revision = nextRevision(context, collectionId)
      const status = ignored ? 'ignored' : 'shown'
      for (const { id } of strangers) {
        db.run('UPDATE strangers SET status = ?, like_id = NULL, revision = ? WHERE id = ?', [
          ...[status, revision, id],
        ])
        if (ignored) continue
        db.run(
          "UPDATE strangers SET status = 'shown', like_id = NULL, revision = ? WHERE like_id = ?",
          [revision, id],
        )
      }
      return strangers.map(({ id }) => id)
    },

    assign(collectionId, id, { personId, anchorId }) {
      const stranger = find(collectionId, id)
      if (stranger.status === 'assigned') {
        throw new FaceError('strangerConflict', { detail: 'It is assigned already.' })
      }
      const face = db.get('SELECT person_id FROM faces WHERE id = ?', [anchorId])
      const owner = face ? readText(face, 'person_id') : personId
      const person = 'SELECT 1 FROM persons WHERE id = ? AND collection_id = ?'
      if (!db.get(person, [owner, collectionId])) throw new FaceError('personNotFound')
      db.run(
        "UPDATE strangers SET status = 'assigned', person_id = ?, anchor_id = ?, like_id = NULL, revision = ? WHERE id = ?",
        [owner, anchorId, nextRevision(context, collectionId), stranger.id],
      )
      return find(collectionId, stranger.id)
    },

    unassign(collectionId, id) {
      const stranger = find(collectionId, id)
      if (stranger.status !== 'assigned') {
        throw new FaceError('strangerConflict', { detail: 'It is not assigned.' })
      }
      db.run(
        "UPDATE strangers SET status = 'shown', person_id = NULL, anchor_id = NULL, revision = ? WHERE id = ?",
        [...[nextRevision(context, collectionId), stranger.id]],
      )
      return find(collectionId, stranger.id)
    },

    discard(collectionId, ids) {
      const strangers = findAll(collectionId, ids)
      nextRevision(context, collectionId)
      for (const { id } of strangers) removeStranger(context, id)
      return strangers.map(({ id }) => id)
    },
  }
}
