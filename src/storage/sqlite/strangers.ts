import { FaceError } from '../../core/errors.ts'
import type { NewSighting, Stranger, StrangerStore } from '../ports/strangers.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import {
  assertNewSighting,
  followJoins,
  parseStrangerPage,
  scoreSighting,
  toStrangerPage,
} from '../rules/strangers.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import type { SqlValue } from './libsql.ts'
import { readCrop, readEmbedding, readNumber, readText, toEmbeddingBytes } from './rows.ts'
import {
  eraseSightings,
  readEmbeddedSighting,
  readRecords,
  readSighting,
  readStranger,
  refreshStranger,
  removeStranger,
  sightingColumns,
  sightingsAndStrangers,
  strangerColumns,
} from './stranger-rows.ts'

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

  /** The revision of a change that is about to be written. */
  function nextRevision(collectionId: string): number {
    db.run('UPDATE stranger_desks SET revision = revision + 1 WHERE collection_id = ?', [
      collectionId,
    ])
    const row = db.get('SELECT revision FROM stranger_desks WHERE collection_id = ?', [
      collectionId,
    ])
    return row ? readNumber(row, 'revision') : 0
  }

  function insert(collectionId: string, sighting: NewSighting): string {
    const id = context.newId()
    const { modelId, seenAt, source, quality, box, landmarks, embedding, crop } = sighting
    db.run(
      'INSERT INTO sightings (id, collection_id, model_id, seen_at, source, quality, box, landmarks, ' +
        'score, embedding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      [
        ...[id, collectionId, modelId, seenAt, source ?? null, JSON.stringify(quality ?? null)],
        ...[JSON.stringify(box ?? null), JSON.stringify(landmarks ?? null)],
        ...[scoreSighting(quality), toEmbeddingBytes(embedding)],
      ],
    )
    if (crop) {
      db.run('INSERT INTO sighting_crops (sighting_id, bytes, place) VALUES (?, ?, ?)', [
        ...[id, crop.bytes, crop.place === undefined ? null : JSON.stringify(crop.place)],
      ])
    }
    return id
  }

  return {
    record(collectionId, sightings) {
      const collection = findCollection(context, collectionId)
      for (const sighting of sightings) assertNewSighting(collection, sighting)
      db.run('INSERT OR IGNORE INTO stranger_desks (collection_id) VALUES (?)', [collectionId])
      return sightings.map((sighting) => insert(collectionId, sighting))
    },

    collections({ waiting = false } = {}) {
      const sql = waiting
        ? 'SELECT DISTINCT collection_id FROM sightings WHERE stranger_id IS NULL'
        : 'SELECT collection_id FROM stranger_desks'
      return db.all(sql).map((row) => readText(row, 'collection_id'))
    },

    claim(collectionId, { holder, leaseMs }) {
      const now = Date.now()
      const claimed = db.run(
        'UPDATE stranger_desks SET holder = ?, lease_until_ms = ? WHERE collection_id = ? ' +
          'AND (holder IS NULL OR holder = ? OR lease_until_ms < ?)',
        [holder, now + leaseMs, collectionId, holder, now],
      )
      if (claimed === 0) return undefined
      const sql = 'SELECT revision FROM stranger_desks WHERE collection_id = ?'
      return readNumber(db.get(sql, [collectionId]), 'revision')
    },

    waiting: ({ id, modelId }, limit) =>
      db
        .all(
          `SELECT ${sightingColumns}, embedding FROM ${sightingsAndStrangers} ` +
            'WHERE sightings.collection_id = ? AND sightings.model_id = ? AND stranger_id IS NULL ' +
            'ORDER BY sightings.id LIMIT ?',
          [id, modelId, limit],
        )
        .map(readEmbeddedSighting),

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
      const desk = db.get(
        'SELECT 1 FROM stranger_desks WHERE collection_id = ? AND holder = ? AND revision = ?',
        [set.id, holder, known],
      )
      if (!desk) return undefined
      const revision = nextRevision(set.id)
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

    sightings(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('sightings', options)
      const { strangerId, personId } = options
      const conditions = ['sightings.collection_id = ?']
      const parameters: SqlValue[] = [collectionId]
      const add = (condition: string, value: string) => {
        conditions.push(condition)
        parameters.push(value)
      }
      if (after !== '') add('sightings.id < ?', after)
      if (personId !== undefined) {
        add('stranger_id IN (SELECT id FROM strangers WHERE person_id = ?)', personId)
      }
      if (strangerId !== undefined) {
        conditions[0] = '+sightings.collection_id = ?'
        add('stranger_id = ?', strangerId)
      }
      const rows = db.all(
        `SELECT ${sightingColumns} FROM ${sightingsAndStrangers} WHERE ${conditions.join(' AND ')} ` +
          'ORDER BY sightings.id DESC LIMIT ?',
        [...parameters, limit + 1],
      )
      return toPage('sightings', rows.map(readSighting), limit)
    },

    embedded: (collectionId, ids) =>
      db
        .all(
          `SELECT ${sightingColumns}, embedding FROM ${sightingsAndStrangers} ` +
            'WHERE sightings.id IN (SELECT value FROM json_each(?)) AND sightings.collection_id = ?',
          [JSON.stringify(ids), collectionId],
        )
        .map(readEmbeddedSighting),

    scan: ({ id, modelId }, { before, limit }) =>
      db
        .all(
          `SELECT id, embedding FROM sightings WHERE collection_id = ? AND model_id = ? ${before === undefined ? '' : 'AND id < ? '}ORDER BY id DESC LIMIT ?`,
          [id, modelId, ...(before === undefined ? [] : [before]), limit],
        )
        .map((row) => ({ id: readText(row, 'id'), embedding: readEmbedding(row) })),

    getCrop(collectionId, sightingId) {
      const row = isUlid(sightingId)
        ? db.get(
            'SELECT bytes AS crop, place AS crop_place FROM sightings LEFT JOIN sighting_crops ' +
              'ON sighting_id = id WHERE id = ? AND collection_id = ?',
            [sightingId, collectionId],
          )
        : undefined
      if (!row) throw new FaceError('sightingNotFound')
      return readCrop(row)
    },

    setIgnored(collectionId, ids, ignored) {
      const strangers = findAll(collectionId, ids).filter(({ status }) => status !== 'assigned')
      const revision = nextRevision(collectionId)
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

    assign(collectionId, id, personId) {
      const stranger = find(collectionId, id)
      if (stranger.status === 'assigned') {
        throw new FaceError('strangerConflict', { detail: 'It is assigned already.' })
      }
      const person = 'SELECT 1 FROM persons WHERE id = ? AND collection_id = ?'
      if (!db.get(person, [personId, collectionId])) throw new FaceError('personNotFound')
      db.run(
        "UPDATE strangers SET status = 'assigned', person_id = ?, like_id = NULL, revision = ? WHERE id = ?",
        [personId, nextRevision(collectionId), stranger.id],
      )
      return find(collectionId, stranger.id)
    },

    unassign(collectionId, id) {
      const stranger = find(collectionId, id)
      if (stranger.status !== 'assigned') {
        throw new FaceError('strangerConflict', { detail: 'It is not assigned.' })
      }
      db.run("UPDATE strangers SET status = 'shown', person_id = NULL, revision = ? WHERE id = ?", [
        ...[nextRevision(collectionId), stranger.id],
      ])
      return find(collectionId, stranger.id)
    },

    discard(collectionId, ids) {
      const strangers = findAll(collectionId, ids)
      nextRevision(collectionId)
      for (const { id } of strangers) removeStranger(context, id)
      return strangers.map(({ id }) => id)
    },

    forget(collectionId, sightingIds) {
      const rows = db.all(
        'SELECT id FROM sightings WHERE id IN (SELECT value FROM json_each(?)) AND collection_id = ?',
        [JSON.stringify(sightingIds), collectionId],
      )
      const ids = rows.map((row) => readText(row, 'id'))
      return ids.length === 0 ? 0 : eraseSightings(context, ids, nextRevision(collectionId))
    },

    expire(collectionId, { seenBefore, ignoredSince, maxSightings, limit }) {
      const ignored =
        "SELECT value FROM strangers, json_each(members) WHERE collection_id = ? AND status = 'ignored' " +
        'AND last_seen_at >= ?'
      const old = db.all(
        `SELECT id FROM sightings WHERE collection_id = ? AND seen_at < ? AND id NOT IN (${ignored}) ` +
          'ORDER BY seen_at, id LIMIT ?',
        [collectionId, seenBefore, collectionId, ignoredSince, limit],
      )
      const count = readNumber(
        db.get('SELECT count(*) AS count FROM sightings WHERE collection_id = ?', [collectionId]),
        'count',
      )
      const excess = Math.min(limit, count - maxSightings) - old.length
      const oldest =
        excess <= 0
          ? []
          : db.all(
              'SELECT id FROM sightings WHERE collection_id = ? ORDER BY seen_at, id LIMIT ?',
              [collectionId, excess + old.length],
            )
      const ids = [...new Set([...old, ...oldest].map((row) => readText(row, 'id')))].slice(
        0,
        limit,
      )
      return ids.length === 0 ? 0 : eraseSightings(context, ids, nextRevision(collectionId))
    },

    counts(collectionId) {
      const count = (from: string): number => {
        const row = db.get(`SELECT count(*) AS count FROM ${from}`, [collectionId])
        return readNumber(row, 'count')
      }
      return {
        strangers: count('strangers WHERE collection_id = ?'),
        sightings: count('sightings WHERE collection_id = ?'),
        waiting: count('sightings WHERE collection_id = ? AND stranger_id IS NULL'),
      }
    },
  }
}
