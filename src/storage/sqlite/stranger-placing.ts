import type { StrangerStore } from '../ports/strangers.ts'
import { followJoins } from '../rules/strangers.ts'
import type { StoreContext, Synchronous } from './context.ts'
import { readNumber, readText, toEmbeddingBytes } from './rows.ts'
import { nextRevision, readRecords, refreshStranger, removeStranger } from './stranger-rows.ts'

/** How sightings are put to strangers, as {@link StrangerStore} says. */
export function createPlacingOperations(
  context: StoreContext,
): Synchronous<Pick<StrangerStore, 'claim' | 'records' | 'ids' | 'place'>> {
  const { db } = context

  return {
    claim(collectionId, { holder, leaseMs }) {
      const now = Date.now()
      const claimed = db.run(
        'UPDATE stranger_leases SET holder = ?, lease_until_ms = ? WHERE collection_id = ? ' +
          'AND (holder IS NULL OR holder = ? OR lease_until_ms < ?)',
        [holder, now + leaseMs, collectionId, holder, now],
      )
      if (claimed === 0) return undefined
      const sql = 'SELECT revision FROM stranger_leases WHERE collection_id = ?'
      return readNumber(db.get(sql, [collectionId]), 'revision')
    },

    records({ id, modelId }, { since, ids, after = '', limit }) {
      const rows = db.all(
        'SELECT id, status, count, members, sum AS embedding FROM strangers WHERE collection_id = ? ' +
          "AND model_id = ? AND id > ? AND revision > ? AND status <> 'assigned' " +
          `${ids === undefined ? '' : 'AND id IN (SELECT value FROM json_each(?)) '}ORDER BY id LIMIT ?`,
        [id, modelId, after, since, ...(ids === undefined ? [] : [JSON.stringify(ids)]), limit],
      )
      return readRecords(context, rows)
    },

    ids: ({ id, modelId }) =>
      db
        .all(
          "SELECT id FROM strangers WHERE collection_id = ? AND model_id = ? AND status <> 'assigned'",
          [id, modelId],
        )
        .map((row) => readText(row, 'id')),

    place({ holder, revision: known }, { set, placed, joined, strangers }) {
      const lease = db.get(
        'SELECT 1 FROM stranger_leases WHERE collection_id = ? AND holder = ? AND revision = ?',
        [set.id, holder, known],
      )
      if (!lease) return undefined
      const revision = nextRevision(context, set.id)
      for (const { id, count, sum, memberIds, likeId } of strangers) {
        const status = likeId === undefined ? 'shown' : 'ignored'
        db.run(
          'INSERT INTO strangers (id, collection_id, model_id, status, count, first_seen_at, ' +
            'last_seen_at, cover_id, like_id, sum, members, revision) ' +
            "VALUES (?, ?, ?, ?, ?, '', '', '', ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET " +
            'count = excluded.count, sum = excluded.sum, members = excluded.members, ' +
            'revision = excluded.revision',
          [
            ...[id, set.id, set.modelId, status, count, likeId ?? null, toEmbeddingBytes(sum)],
            ...[JSON.stringify(memberIds), revision],
          ],
        )
      }
      const follow = followJoins(joined)
      for (const { from } of joined) {
        const into = follow(from)
        db.run('UPDATE sightings SET stranger_id = ? WHERE stranger_id = ?', [into, from])
        db.run('UPDATE stranger_joins SET into_id = ? WHERE into_id = ?', [into, from])
        db.run('INSERT OR REPLACE INTO stranger_joins (from_id, into_id) VALUES (?, ?)', [
          from,
          into,
        ])
        // Somebody said that one of the two is of no interest.
        db.run(
          "UPDATE strangers SET status = 'ignored' WHERE id = ? AND status = 'shown' " +
            "AND EXISTS (SELECT 1 FROM strangers f WHERE f.id = ? AND f.status = 'ignored')",
          [into, from],
        )
        db.run('UPDATE strangers SET like_id = ? WHERE like_id = ? AND id <> ?', [into, from, into])
        removeStranger(context, from)
      }
      for (const { sightingId, strangerId } of placed) {
        db.run('UPDATE sightings SET stranger_id = ? WHERE id = ?', [
          follow(strangerId),
          sightingId,
        ])
      }
      for (const { id } of strangers) refreshStranger(context, id)
      return revision
    },
  }
}
