import { toErasureEvent } from '../rules/audit.ts'
import { toFaceChange } from '../rules/history.ts'
import { isUlid } from '../rules/pages.ts'
import { modelsOf } from '../rules/second-models.ts'
import { appendChange } from './changes.ts'
import { findCollection, type StoreContext } from './context.ts'
import { scoreKept } from './cover-scores.ts'
import { appendEntry, type Removal, scrubHistory } from './history-rows.ts'
import type { SqlRow, SqlValue } from './libsql.ts'
import { readJson, readText } from './rows.ts'
import { eraseStrangersOf } from './stranger-persons.ts'
import { forgetStatements, keepStatements, restoreStatements } from './trashed-statements.ts'
import { toWordBits } from './word-bits.ts'

// Removed rows, as [Note: Trash] in history.ts says.

/** Removes faces that are there, with their embeddings and crops, and writes their changes. */
export function removeFaces(
  context: StoreContext,
  { collectionId, entryId, record = 'face' }: Removal,
  faceIds: readonly string[],
): void {
  const { db } = context
  for (const faceId of faceIds) {
    if (entryId !== undefined) {
      keepFace(context, { collectionId, entryId, record }, faceId)
      keepStatements(context, { collectionId, entryId, record }, { faceId })
    } else forgetStatements(context, faceId)
    db.run('DELETE FROM faces WHERE id = ?', [faceId])
    appendChange(context, { kind: 'faceRemoved', collectionId, faceId })
  }
}

function keepFace(
  context: StoreContext,
  removal: Required<Removal> & { readonly entryId: string },
  faceId: string,
): void {
  const { db } = context
  const { record } = removal
  const row = db.get('SELECT * FROM faces WHERE id = ?', [faceId])
  keepRow(context, removal, { record, personId: readText(row, 'person_id'), row })
  for (const { model_id: modelId, embedding } of db.all(
    'SELECT model_id, embedding FROM embeddings WHERE face_id = ?',
    [faceId],
  )) {
    db.run('INSERT INTO trashed_embeddings (record_id, model_id, embedding) VALUES (?, ?, ?)', [
      ...[faceId, modelId ?? null, embedding ?? null],
    ])
  }
  copyCrop(context, faceId, { from: 'crops', to: 'trashed_crops' })
}

/** Removes persons who have no faces any more. */
export function removePersons(
  context: StoreContext,
  { collectionId, entryId }: Removal,
  personIds: readonly string[],
): void {
  const { db } = context
  for (const personId of personIds) {
    if (entryId !== undefined) {
      const row = db.get('SELECT * FROM persons WHERE id = ?', [personId])
      keepRow(context, { collectionId, entryId }, { record: 'person', personId, row })
      keepStatements(context, { collectionId, entryId }, { personId })
    }
    db.run('DELETE FROM persons WHERE id = ?', [personId])
  }
  if (entryId === undefined) forgetPersons(context, personIds)
}

function keepRow(
  { db, now }: StoreContext,
  { collectionId, entryId }: Removal & { readonly entryId: string },
  {
    record,
    personId,
    row,
  }: { readonly record: string; readonly personId: string; readonly row: SqlRow | undefined },
): void {
  const id = readText(row, 'id')
  // It is there when a transfer brought back what was removed.
  db.run('DELETE FROM trash WHERE id = ?', [id])
  db.run(
    'INSERT INTO trash (id, entry_id, collection_id, record, person_id, removed_at, stored) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?)',
    [id, entryId, collectionId, record, personId, now(), JSON.stringify(row)],
  )
}

/** The external id of a person who is in the trash. */
export function readKeptExternalId(context: StoreContext, personId: string): string | null {
  const { external_id: externalId } = readKept(context, personId)
  return typeof externalId === 'string' ? externalId : null
}

/** Puts a person back who is in the trash, and whose external id is free. */
export function restorePerson(context: StoreContext, removal: Removal, personId: string): void {
  const kept = readKept(context, personId)
  // Persons whom an earlier program put there may have none.
  const bits = kept.word_bits ?? toWordBits(JSON.parse(String(kept.words)))
  insertRow(context, 'persons', { ...kept, word_bits: bits })
  context.db.run('DELETE FROM trash WHERE id = ?', [personId])
  restoreStatements(context, removal, { personId })
}

/** Puts a face back that is in the trash, with the embeddings of models that the collection has. */
export function restoreFace(context: StoreContext, removal: Removal, faceId: string): void {
  const { db } = context
  const { collectionId } = removal
  const kept = readKept(context, faceId)
  // Faces that an earlier program put there have none.
  const hasCrop = db.get('SELECT 1 FROM trashed_crops WHERE face_id = ?', [faceId]) !== undefined
  const score = kept.cover_score ?? scoreKept(String(kept.quality), hasCrop)
  insertRow(context, 'faces', { ...kept, cover_score: score })
  copyCrop(context, faceId, { from: 'trashed_crops', to: 'crops' })
  for (const { modelId } of modelsOf(findCollection(context, collectionId))) {
    const row = db.get(
      'SELECT embedding FROM trashed_embeddings WHERE record_id = ? AND model_id = ?',
      [faceId, modelId],
    )
    if (row === undefined) continue
    db.run('INSERT INTO embeddings (face_id, model_id, embedding) VALUES (?, ?, ?)', [
      ...[faceId, modelId, row.embedding ?? null],
    ])
    appendChange(context, { kind: 'faceAdded', collectionId, faceId, modelId })
  }
  db.run('DELETE FROM trash WHERE id = ?', [faceId])
  restoreStatements(context, removal, { faceId })
}

// Row by row: within a savepoint, SQLite takes longer for each INSERT of a SELECT than for the one
// before, 10 ms after 2,000 of them.
function copyCrop(
  { db }: StoreContext,
  faceId: string,
  { from, to }: Readonly<Record<'from' | 'to', 'crops' | 'trashed_crops'>>,
): void {
  const row = db.get(`SELECT bytes, place FROM ${from} WHERE face_id = ?`, [faceId])
  if (row === undefined) return
  db.run(`INSERT INTO ${to} (face_id, bytes, place) VALUES (?, ?, ?)`, [
    ...[faceId, row.bytes ?? null, row.place ?? null],
  ])
}

function readKept({ db }: StoreContext, id: string): Readonly<Record<string, SqlValue>> {
  const row = db.get('SELECT stored FROM trash WHERE id = ?', [id])
  return readJson(row ?? {}, 'stored')
}

/** Columns that were added to the table since have their defaults. */
function insertRow(
  { db }: StoreContext,
  table: 'persons' | 'faces',
  row: Readonly<Record<string, SqlValue>>,
): void {
  const columns = Object.keys(row)
  db.run(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    Object.values(row),
  )
}

/** Erases what the trash and the history have of persons who are erased, beyond ids and times. */
export function forgetPersons(context: StoreContext, personIds: readonly string[]): void {
  const { db } = context
  for (const personId of personIds) {
    // Whoever was merged into the person is the same individual.
    const merged = db
      .all(
        "SELECT t.id FROM trash t JOIN history h ON h.id = t.entry_id AND h.kind = 'personsMerged' " +
          'JOIN history_persons p ON p.entry_id = h.id ' +
          "WHERE p.person_id = ? AND t.record = 'person'",
        [personId],
      )
      .map((row) => readText(row, 'id'))
    const ids = new Set([personId, ...merged])
    for (const id of ids) {
      eraseAside(context, id)
      const faces = "SELECT id FROM trash WHERE person_id = ? AND record = 'face'"
      // What was said of these faces and other persons.
      for (const row of db.all(faces, [id])) forgetStatements(context, readText(row, 'id'))
      db.run('DELETE FROM trash WHERE person_id = ?', [id])
    }
    scrubHistory(db, ids)
    eraseStrangersOf(context, ids)
  }
}

/**
 * Erases what is left of a face in the trash; that of one that was set aside is a deletion in the history.
 *
 * @returns whether there was something
 */
export function forgetFace(context: StoreContext, collectionId: string, faceId: string): boolean {
  const { db } = context
  const row = db.get(
    'SELECT t.record, t.person_id, EXISTS (SELECT 1 FROM persons p WHERE p.id = t.person_id) AS there ' +
      "FROM trash t WHERE t.id = ? AND t.collection_id = ? AND t.record IN ('face', 'setAside')",
    [faceId, collectionId],
  )
  if (!row) return false
  if (row.record === 'setAside' && row.there === 1) {
    const from = { personId: readText(row, 'person_id'), setAside: true }
    const transitions = [toFaceChange(faceId, { from })]
    appendEntry(context, collectionId, { kind: 'faceDeleted', transitions })
  }
  db.run('DELETE FROM trash WHERE id = ?', [faceId])
  forgetStatements(context, faceId)
  return true
}

/** Whether the person is in the trash of the collection. */
export function isKeptPerson({ db }: StoreContext, collectionId: string, id: string): boolean {
  if (!isUlid(id)) return false
  const one = "SELECT 1 FROM trash WHERE id = ? AND collection_id = ? AND record = 'person'"
  return db.get(one, [id, collectionId]) !== undefined
}

/** As {@link import('../ports/history.ts').HistoryStore.eraseTrash} says. */
export function eraseTrash(context: StoreContext, removedBefore: string, limit: number): number {
  const { db } = context
  const rows = db.all(
    "SELECT id, collection_id, record FROM trash WHERE record <> 'setAside' AND removed_at < ? " +
      'ORDER BY removed_at, id LIMIT ?',
    [removedBefore, limit],
  )
  for (const row of rows) db.run('DELETE FROM trash WHERE id = ?', [readText(row, 'id')])
  const persons = rows.filter(({ record }) => record === 'person')
  const personIds = new Set(persons.map((row) => readText(row, 'id')))
  for (const id of personIds) eraseAside(context, id)
  scrubHistory(db, personIds)
  eraseStrangersOf(context, personIds)
  for (const [collectionId, ids] of groupByCollection(persons)) {
    context.note(toErasureEvent(collectionId, ids))
  }
  return rows.length
}

function groupByCollection(rows: readonly SqlRow[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const row of rows) {
    const collectionId = readText(row, 'collection_id')
    const ids = groups.get(collectionId) ?? []
    groups.set(collectionId, ids)
    ids.push(readText(row, 'id'))
  }
  return groups
}

/** Erases the faces of a person that are set aside, what was said of them, and of the person. */
function eraseAside(context: StoreContext, personId: string): void {
  const { db } = context
  const theirs = "person_id = ? AND record = 'setAside'"
  for (const row of db.all(`SELECT id FROM trash WHERE ${theirs}`, [personId])) {
    forgetStatements(context, readText(row, 'id'))
  }
  db.run("DELETE FROM trash WHERE person_id = ? AND record IN ('setAside', 'statement')", [
    personId,
  ])
}
