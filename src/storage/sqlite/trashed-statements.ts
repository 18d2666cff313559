import type { StoreContext } from './context.ts'
import type { SqlValue } from './libsql.ts'
import { readJson, readText } from './rows.ts'

// [Note: Statements in the trash]
// What was said goes with the person and with the face it was said of, and comes back when the deletion
// is undone and both are there again. When persons are merged, what was said of those who go holds for
// the one who survives, as a copy that knows its original: an undo brings the original back, and
// removes the copy.

/** The column by which statements belong to what is removed. */
type Belonging = { readonly personId: string } | { readonly faceId: string }

/** Keeps statements in the trash; removing the person, or the face, removes them from their table. */
export function keepStatements(
  { db, now }: StoreContext,
  { collectionId, entryId }: { readonly collectionId: string; readonly entryId: string },
  of: Belonging,
): void {
  const [column, id] = 'personId' in of ? ['person_id', of.personId] : ['face_id', of.faceId]
  for (const row of db.all(`SELECT * FROM statements WHERE ${column} = ?`, [id as string])) {
    const statementId = readText(row, 'id')
    db.run('DELETE FROM trash WHERE id = ?', [statementId])
    db.run(
      'INSERT INTO trash (id, entry_id, collection_id, record, person_id, removed_at, stored) ' +
        "VALUES (?, ?, ?, 'statement', ?, ?, ?)",
      [
        ...[statementId, entryId, collectionId, readText(row, 'person_id'), now()],
        JSON.stringify(row),
      ],
    )
    db.run(
      'INSERT INTO trashed_embeddings (record_id, model_id, embedding) ' +
        'SELECT statement_id, model_id, embedding FROM statement_embeddings WHERE statement_id = ?',
      [statementId],
    )
    // Removed now, so that the removal of the other one does not find it again.
    db.run('DELETE FROM statements WHERE id = ?', [statementId])
  }
}

/** Puts statements back whose person and face are there again; a newer word of the same face counts. */
export function restoreStatements({ db }: StoreContext, of: Belonging): void {
  const [condition, id] =
    'personId' in of
      ? ['person_id = ?', of.personId]
      : ["json_extract(stored, '$.face_id') = ?", of.faceId]
  const rows = db.all(
    `SELECT stored FROM trash WHERE record = 'statement' AND ${condition} ` +
      'AND EXISTS (SELECT 1 FROM persons p WHERE p.id = trash.person_id) ' +
      "AND (json_extract(stored, '$.face_id') IS NULL OR EXISTS " +
      "(SELECT 1 FROM faces f WHERE f.id = json_extract(stored, '$.face_id')))",
    [id as string],
  )
  for (const row of rows) {
    const statement = readJson<Readonly<Record<string, SqlValue>>>(row, 'stored')
    const statementId = statement.id as string
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
        [statementId],
      )
    }
    db.run('DELETE FROM statements WHERE copy_of = ?', [statementId])
    db.run('DELETE FROM trash WHERE id = ?', [statementId])
  }
}

/** Erases statements in the trash about a face that is erased. */
export function forgetStatements({ db }: StoreContext, faceId: string): void {
  const those = "record = 'statement' AND json_extract(stored, '$.face_id') = ?"
  db.run(`DELETE FROM trash WHERE ${those}`, [faceId])
}

/** Copies what was said of one person for another one, but for rejections of faces that are now theirs. */
export function copyStatements(
  { db, newId }: StoreContext,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const rows = db.all(
    "SELECT s.id FROM statements s WHERE s.person_id = ? AND (s.kind = 'confirmation' OR NOT EXISTS " +
      '(SELECT 1 FROM faces f WHERE f.id = s.face_id AND f.person_id IN (?, ?)))',
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
