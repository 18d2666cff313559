import { maxMembers } from '../../core/strangers/stranger-state.ts'
import type {
  EmbeddedSighting,
  Sighting,
  Stranger,
  StrangerRecord,
  StrangerStatus,
} from '../ports/strangers.ts'
import { subtractAll } from '../rules/strangers.ts'
import type { StoreContext } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readEmbedding, readJson, readNumber, readText, toEmbeddingBytes } from './rows.ts'

export const strangerColumns: string =
  'id, model_id, status, count, first_seen_at, last_seen_at, cover_id, person_id, like_id'

/** The columns of a sighting, from {@link sightingsAndStrangers}. */
export const sightingColumns: string =
  'sightings.id, sightings.model_id, seen_at, source, stranger_id, known.person_id, quality, box, ' +
  'landmarks, EXISTS (SELECT 1 FROM sighting_crops WHERE sighting_id = sightings.id) AS has_crop'

export const sightingsAndStrangers: string =
  'sightings LEFT JOIN strangers AS known ON known.id = sightings.stranger_id'

export function readStranger(row: SqlRow): Stranger {
  return {
    id: readText(row, 'id'),
    modelId: readText(row, 'model_id'),
    status: readText(row, 'status') as StrangerStatus,
    count: readNumber(row, 'count'),
    firstSeenAt: readText(row, 'first_seen_at'),
    lastSeenAt: readText(row, 'last_seen_at'),
    coverId: readText(row, 'cover_id'),
    ...(row.person_id === null ? {} : { personId: readText(row, 'person_id') }),
    ...(row.like_id === null ? {} : { likeId: readText(row, 'like_id') }),
  }
}

export function readSighting(row: SqlRow): Sighting {
  const json = (name: 'quality' | 'box' | 'landmarks') => {
    const value = readJson<object | null>(row, name)
    return value === null ? {} : { [name]: value }
  }
  return {
    id: readText(row, 'id'),
    modelId: readText(row, 'model_id'),
    seenAt: readText(row, 'seen_at'),
    ...(row.source === null ? {} : { source: readText(row, 'source') }),
    ...(row.stranger_id === null ? {} : { strangerId: readText(row, 'stranger_id') }),
    ...(row.person_id === null ? {} : { personId: readText(row, 'person_id') }),
    ...json('quality'),
    ...json('box'),
    ...json('landmarks'),
    hasCrop: readNumber(row, 'has_crop') === 1,
  }
}

export function readEmbeddedSighting(row: SqlRow): EmbeddedSighting {
  return { ...readSighting(row), embedding: readEmbedding(row) }
}

/** What clustering knows of these strangers, with `id`, `status`, `count`, `members` and `sum AS embedding`. */
export function readRecords(
  { db }: StoreContext,
  rows: readonly SqlRow[],
): readonly StrangerRecord[] {
  const idsOf = (row: SqlRow): readonly string[] => readJson(row, 'members')
  const members = db.all(
    'SELECT id, embedding FROM sightings WHERE id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(rows.flatMap(idsOf))],
  )
  const embeddings = new Map(members.map((row) => [readText(row, 'id'), readEmbedding(row)]))
  return rows.map((row) => ({
    id: readText(row, 'id'),
    status: readText(row, 'status') as StrangerStatus,
    count: readNumber(row, 'count'),
    sum: readEmbedding(row),
    members: idsOf(row).flatMap((sightingId) => {
      const embedding = embeddings.get(sightingId)
      return embedding === undefined ? [] : [{ sightingId, embedding }]
    }),
  }))
}

/** Writes when a stranger was seen, and what shows it best, after its sightings have changed. */
export function refreshStranger({ db }: StoreContext, id: string): void {
  const ofStranger = 'FROM sightings WHERE stranger_id = ?'
  db.run(
    `UPDATE strangers SET first_seen_at = coalesce((SELECT min(seen_at) ${ofStranger}), ''), ` +
      `last_seen_at = coalesce((SELECT max(seen_at) ${ofStranger}), ''), ` +
      `cover_id = coalesce((SELECT id ${ofStranger} ORDER BY score DESC, id DESC LIMIT 1), '') ` +
      'WHERE id = ?',
    [id, id, id, id],
  )
}

/**
 * Erases sightings; a stranger that has none left goes with them, and of another one everything that came
 * of them.
 *
 * @param ids  of sightings of the collection
 * @returns how many were there
 */
export function eraseSightings(
  context: StoreContext,
  ids: readonly string[],
  revision: number,
): number {
  const { db } = context
  const rows = db.all(
    'SELECT id, stranger_id, embedding FROM sightings WHERE id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(ids)],
  )
  const byStranger = new Map<string, Float32Array[]>()
  for (const row of rows) {
    if (row.stranger_id === null) continue
    const strangerId = readText(row, 'stranger_id')
    const removed = byStranger.get(strangerId) ?? []
    removed.push(readEmbedding(row))
    byStranger.set(strangerId, removed)
  }
  db.run('DELETE FROM sightings WHERE id IN (SELECT value FROM json_each(?))', [
    JSON.stringify(rows.map((row) => readText(row, 'id'))),
  ])
  for (const [id, removed] of byStranger) shrinkStranger(context, id, { removed, revision })
  return rows.length
}

function shrinkStranger(
  context: StoreContext,
  id: string,
  { removed, revision }: { readonly removed: readonly Float32Array[]; readonly revision: number },
): void {
  const { db } = context
  const row = db.get('SELECT count, members, sum AS embedding FROM strangers WHERE id = ?', [id])
  if (!row) return
  const count = readNumber(row, 'count') - removed.length
  if (count <= 0) {
    removeStranger(context, id)
    return
  }
  const left = db
    .all(
      'SELECT id FROM sightings WHERE stranger_id = ? AND id IN (SELECT value FROM json_each(?))',
      [...[id, readText(row, 'members')]],
    )
    .map((member) => readText(member, 'id'))
  const newest = db
    .all('SELECT id FROM sightings WHERE stranger_id = ? ORDER BY id DESC LIMIT ?', [
      id,
      maxMembers,
    ])
    .map((member) => readText(member, 'id'))
  const members = [...new Set([...left, ...newest])].slice(0, maxMembers)
  const sum = subtractAll(readEmbedding(row), removed)
  db.run('UPDATE strangers SET count = ?, sum = ?, members = ?, revision = ? WHERE id = ?', [
    ...[count, toEmbeddingBytes(sum), JSON.stringify(members), revision, id],
  ])
  refreshStranger(context, id)
}

/** Removes a stranger; its sightings go with it. */
export function removeStranger({ db }: StoreContext, id: string): void {
  db.run('UPDATE strangers SET like_id = NULL WHERE like_id = ?', [id])
  db.run('DELETE FROM strangers WHERE id = ?', [id])
}

/** The revision of a change that is about to be written. */
export function nextRevision({ db }: StoreContext, collectionId: string): number {
  db.run('UPDATE stranger_leases SET revision = revision + 1 WHERE collection_id = ?', [
    collectionId,
  ])
  const row = db.get('SELECT revision FROM stranger_leases WHERE collection_id = ?', [collectionId])
  return row ? readNumber(row, 'revision') : 0
}
