import { FaceError } from '../../core/errors.ts'
import type { NewSighting, StrangerStore } from '../ports/strangers.ts'
import { scoreFace } from '../rules/face-score.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { assertNewSighting } from '../rules/strangers.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import type { SqlValue } from './libsql.ts'
import { readCrop, readEmbedding, readNumber, readText, toEmbeddingBytes } from './rows.ts'
import {
  eraseSightings,
  nextRevision,
  readEmbeddedSighting,
  readSighting,
  sightingColumns,
  sightingsAndStrangers,
} from './stranger-rows.ts'

type SightingMethods =
  | 'record'
  | 'collections'
  | 'waiting'
  | 'sightings'
  | 'embedded'
  | 'scan'
  | 'getCrop'
  | 'forget'
  | 'expire'
  | 'counts'

/** Sightings, as {@link StrangerStore} says. */
export function createSightingOperations(
  context: StoreContext,
): Synchronous<Pick<StrangerStore, SightingMethods>> {
  const { db } = context

  function insert(collectionId: string, sighting: NewSighting): string {
    const {
      id = context.newId(),
      modelId,
      seenAt,
      source,
      quality,
      box,
      landmarks,
      embedding,
      crop,
    } = sighting
    const isNew = db.run(
      'INSERT INTO sightings (id, collection_id, model_id, seen_at, source, quality, box, landmarks, ' +
        'score, embedding) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
      [
        ...[id, collectionId, modelId, seenAt, source ?? null, JSON.stringify(quality ?? null)],
        ...[JSON.stringify(box ?? null), JSON.stringify(landmarks ?? null)],
        ...[scoreFace(quality), toEmbeddingBytes(embedding)],
      ],
    )
    if (isNew === 0) return id
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
      db.run('INSERT OR IGNORE INTO stranger_leases (collection_id) VALUES (?)', [collectionId])
      return sightings.map((sighting) => insert(collectionId, sighting))
    },

    collections({ waiting = false } = {}) {
      const sql = waiting
        ? 'SELECT DISTINCT collection_id FROM sightings WHERE stranger_id IS NULL'
        : 'SELECT collection_id FROM stranger_leases'
      return db.all(sql).map((row) => readText(row, 'collection_id'))
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

    forget(collectionId, sightingIds) {
      const rows = db.all(
        'SELECT id FROM sightings WHERE id IN (SELECT value FROM json_each(?)) AND collection_id = ?',
        [JSON.stringify(sightingIds), collectionId],
      )
      const ids = rows.map((row) => readText(row, 'id'))
      return ids.length === 0
        ? 0
        : eraseSightings(context, ids, nextRevision(context, collectionId))
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
      return ids.length === 0
        ? 0
        : eraseSightings(context, ids, nextRevision(context, collectionId))
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
