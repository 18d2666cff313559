import { toFaceInImage } from '../rules/face-in-image.ts'
import { toStatementSource } from '../rules/statements.ts'
import type { StoreContext } from './context.ts'
import type { Removal } from './history-rows.ts'
import type { SqlRow, SqlValue } from './libsql.ts'
import { readJson, readText } from './rows.ts'

// [Note: Statements in the trash]
// What was said goes with the person and with the face it was said of (`statement`), and comes back when
// the deletion is undone and both are there again. When persons are merged, what was said of those who
// go holds for the one who survives, as a copy that knows its original: an undo brings the original
// back, and takes the copy. A face that somebody gives to a person is not rejected for that person any
// more. Copies that were taken and rejections that ended so (`revoked`) come back only when the very
// entry that took them is undone, however often persons and faces come and go in between.

/** When what goes with a face that is set aside was removed, as no time erases it. */
const never = '9999-12-31T23:59:59.999Z'

/** Why a statement is in the trash. */
type Reason = 'statement' | 'revoked'

/** The column by which statements belong to what is removed. */
type Belonging = { readonly personId: string } | { readonly faceId: string }

/** Keeps statements in the trash; removing the person, or the face, removes them from their table. */
export function keepStatements(
  context: StoreContext,
  removal: Removal & { readonly entryId: string },
  of: Belonging,
): void {
  const [column, id] = 'personId' in of ? ['person_id', of.personId] : ['face_id', of.faceId]
  const rows = context.db.all(`SELECT * FROM statements WHERE ${column} = ?`, [id as string])
  // Removed now, so that the removal of the other one does not find it again.
  for (const row of rows) removeStatement(context, removal, { row, reason: 'statement' })
}

/** Removes a statement, and keeps it with the entry, if any. */
function removeStatement(
  { db, now }: StoreContext,
  { collectionId, entryId, record }: Removal,
  { row, reason }: { readonly row: SqlRow; readonly reason: Reason },
): void {
  const id = readText(row, 'id')
  if (entryId !== undefined) {
    db.run('DELETE FROM trash WHERE id = ?', [id])
    db.run(
      'INSERT INTO trash (id, entry_id, collection_id, record, person_id, removed_at, stored) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?)',
      [
        ...[id, entryId, collectionId, reason, readText(row, 'person_id')],
        ...[record === 'setAside' ? never : now(), JSON.stringify(row)],
      ],
    )
    db.run(
      'INSERT INTO trashed_embeddings (record_id, model_id, embedding) ' +
        'SELECT statement_id, model_id, embedding FROM statement_embeddings WHERE statement_id = ?',
      [id],
    )
  }
  db.run('DELETE FROM statements WHERE id = ?', [id])
}

// Person and face are there, and no original in the place of a copy.
const mayReturn =
  'EXISTS (SELECT 1 FROM persons p WHERE p.id = trash.person_id) ' +
  "AND (json_extract(stored, '$.face_id') IS NULL OR EXISTS " +
  "(SELECT 1 FROM faces f WHERE f.id = json_extract(stored, '$.face_id'))) " +
  "AND NOT EXISTS (SELECT 1 FROM statements s WHERE s.id = json_extract(stored, '$.copy_of'))"

/**
 * Puts statements back whose person and face are there again; a newer word of the same face counts.
 *
 * @param removal  where the copies go that stood for them
 */
export function restoreStatements(context: StoreContext, removal: Removal, of: Belonging): void {
  const { db } = context
  const [condition, id] =
    'personId' in of
      ? ['person_id = ?', of.personId]
      : ["json_extract(stored, '$.face_id') = ?", of.faceId]
  const rows = db.all(
    `SELECT stored FROM trash WHERE record = 'statement' AND ${condition} AND ${mayReturn}`,
    [id as string],
  )
  const returning = rows.map(readStored)
  const ids = new Set<SqlValue>(returning.map((statement) => statement.id))
  for (const statement of returning) {
    if (ids.has(statement.copy_of ?? null)) continue
    const copies = db.all('SELECT * FROM statements WHERE copy_of = ?', [statement.id])
    for (const copy of copies) removeStatement(context, removal, { row: copy, reason: 'revoked' })
    insertStatement(context, statement)
  }
}

/** Puts back what an entry revoked that is undone; what cannot be yet, comes with its person or face. */
export function restoreRevoked(context: StoreContext, entryId: string): void {
  const { db } = context
  const those = "record = 'revoked' AND entry_id = ?"
  const rows = db.all(`SELECT stored FROM trash WHERE ${those} AND ${mayReturn}`, [entryId])
  for (const row of rows) insertStatement(context, readStored(row))
  db.run(`UPDATE trash SET record = 'statement' WHERE ${those}`, [entryId])
}

type Stored = Readonly<Record<string, SqlValue>> & { readonly id: string }

function readStored(row: SqlRow): Stored {
  return readJson<Stored>(row, 'stored')
}

function insertStatement({ db }: StoreContext, statement: Stored): void {
  const columns = Object.keys(statement)
  const written = db.run(
    `INSERT INTO statements (${columns.join(', ')}) ` +
      `VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
    Object.values(statement),
  )
  if (written > 0) {
    db.run(
      'INSERT INTO statement_embeddings (statement_id, model_id, embedding) ' +
        'SELECT record_id, model_id, embedding FROM trashed_embeddings WHERE record_id = ?',
      [statement.id],
    )
  }
  db.run('DELETE FROM trash WHERE id = ?', [statement.id])
}

/**
 * Revokes the rejections by which faces are not the persons whose they are: whoever gives a person a
 * face has said the newer word about it.
 */
export function revokeOwnRejections(
  context: StoreContext,
  removal: Removal,
  personIds: Iterable<string>,
): void {
  const { db } = context
  for (const personId of new Set(personIds)) {
    const rows = db.all(
      'SELECT s.id, s.source, f.image_hash, f.quality, f.box, f.landmarks FROM statements s ' +
        'CROSS JOIN faces f ON f.person_id = s.person_id AND f.image_hash = s.image_hash ' +
        "WHERE s.person_id = ? AND s.kind = 'rejection'",
      [personId],
    )
    for (const found of rows) {
      if (toFaceSource(found) !== readText(found, 'source')) continue
      const row = db.get('SELECT * FROM statements WHERE id = ?', [readText(found, 'id')])
      if (row) removeStatement(context, removal, { row, reason: 'revoked' })
    }
  }
}

/** Persons of whom something is said of these faces. */
export function findSaidOf({ db }: StoreContext, faceIds: readonly string[]): readonly string[] {
  const rows = db.all(
    'SELECT DISTINCT person_id FROM statements WHERE face_id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(faceIds)],
  )
  return rows.map((row) => readText(row, 'person_id'))
}

/** Whether a face of the person is of this very place in this image. */
export function hasOwnFace(
  { db }: StoreContext,
  {
    personId,
    imageHash,
    source,
  }: { readonly personId: string; readonly imageHash: string; readonly source: string },
): boolean {
  const rows = db.all(
    'SELECT image_hash, quality, box, landmarks FROM faces WHERE person_id = ? AND image_hash = ?',
    [personId, imageHash],
  )
  return rows.some((row) => toFaceSource(row) === source)
}

/** What a statement about this face has as its source. */
function toFaceSource(row: SqlRow): string {
  const { box } = toFaceInImage({
    quality: readJson(row, 'quality'),
    box: readJson(row, 'box'),
    landmarks: readJson(row, 'landmarks'),
  })
  return toStatementSource({
    imageHash: readText(row, 'image_hash'),
    ...(box === undefined ? {} : { box }),
  })
}

/** Erases statements in the trash about a face that is erased. */
export function forgetStatements({ db }: StoreContext, faceId: string): void {
  const ofFace = "json_extract(stored, '$.face_id') = ?"
  // Two partial indexes.
  db.run(`DELETE FROM trash WHERE record = 'statement' AND ${ofFace}`, [faceId])
  db.run(`DELETE FROM trash WHERE record = 'revoked' AND ${ofFace}`, [faceId])
}

/** Copies what was said of one person for another one, but for rejections of faces that are now theirs. */
export function copyStatements(
  { db, newId }: StoreContext,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const rows = db.all(
    "SELECT s.id FROM statements s WHERE s.person_id = ? AND (s.kind = 'confirmation' OR NOT EXISTS " +
      '(SELECT 1 FROM faces f WHERE f.id = s.face_id AND f.person_id IN (?, ?))) ORDER BY s.id',
    [from, from, to],
  )
  for (const row of rows) {
    const original = readText(row, 'id')
    const id = newId()
    const written = db.run(
      'INSERT INTO statements (id, collection_id, person_id, kind, face_id, image_hash, source, ' +
        'created_at, created_by, copy_of) SELECT ?, collection_id, ?, kind, face_id, image_hash, ' +
        'source, created_at, created_by, id FROM statements WHERE id = ? ON CONFLICT DO NOTHING',
      [id, to, original],
    )
    if (written === 0) continue
    db.run(
      'INSERT INTO statement_embeddings (statement_id, model_id, embedding) ' +
        'SELECT ?, model_id, embedding FROM statement_embeddings WHERE statement_id = ?',
      [id, original],
    )
  }
}
