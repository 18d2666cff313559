import type { Face } from '../ports/faces.ts'
import type { StoreContext } from './context.ts'
import type { SqlRow } from './libsql.ts'
import { readFace, readNumber, readText } from './rows.ts'

// Rows of the trash, whose removal is no deletion; see [Note: Set-aside] in ports/set-aside.ts.

const column = (name: string): string => `t.stored ->> '${name}' AS ${name}`

/** The columns that {@link readAside} reads, from {@link asideFaces}. */
export const asideColumns: string =
  `t.id, t.person_id, c.model_id, ${column('quality')}, ${column('box')}, ${column('landmarks')}, ` +
  `${column('image_hash')}, ${column('created_at')}, t.removed_at AS set_aside_at, ` +
  'EXISTS (SELECT 1 FROM trashed_crops WHERE face_id = t.id) AS has_crop, ' +
  'EXISTS (SELECT 1 FROM trashed_embeddings e WHERE e.record_id = t.id ' +
  'AND e.model_id = c.model_id) AS has_embedding'
/** Faces that are set aside, with the model of their collection that answers; a condition follows. */
export const asideFaces: string =
  "trash t CROSS JOIN collections c ON c.id = t.collection_id WHERE t.record = 'setAside' AND"

/** A face that is set aside, as it is answered. */
export function readAside(row: SqlRow): Face {
  return { ...readFace(row), setAsideAt: readText(row, 'set_aside_at') }
}

/** The faces that are set aside of persons who are there, and came from this image. */
export function findAsideByImage(
  { db }: StoreContext,
  collectionId: string,
  imageHash: string,
): readonly Face[] {
  const rows = db.all(
    `SELECT ${asideColumns} FROM ${asideFaces} t.collection_id = ? ` +
      "AND json_extract(t.stored, '$.image_hash') = ? " +
      'AND EXISTS (SELECT 1 FROM persons p WHERE p.id = t.person_id)',
    [collectionId, imageHash],
  )
  return rows.map(readAside)
}

/** The face of a person that is set aside and came from this place in this image. */
export function findAsideBySource(
  { db }: StoreContext,
  {
    collectionId,
    personId,
    imageHash,
    box,
  }: { readonly collectionId: string; readonly personId: string } & Readonly<
    Record<'imageHash' | 'box', string>
  >,
): Face | undefined {
  const row = db.get(
    `SELECT ${asideColumns} FROM ${asideFaces} t.collection_id = ? ` +
      "AND json_extract(t.stored, '$.image_hash') = ? AND t.person_id = ? " +
      "AND t.stored ->> 'box' = ?",
    [collectionId, imageHash, personId, box],
  )
  return row && readAside(row)
}

/** Ids of the faces of a person that are set aside. */
export function readAsideIds({ db }: StoreContext, personId: string): readonly string[] {
  const rows = db.all(
    "SELECT id FROM trash WHERE person_id = ? AND record = 'setAside' ORDER BY id",
    [personId],
  )
  return rows.map((row) => readText(row, 'id'))
}

/** Gives faces that are set aside to other persons. */
export function giveAside(
  { db }: StoreContext,
  faces: readonly { readonly id: string; readonly personId: string }[],
): void {
  for (const { id, personId } of faces) {
    db.run(
      "UPDATE trash SET person_id = ?, stored = json_set(stored, '$.person_id', ?) " +
        "WHERE id = ? AND record = 'setAside'",
      [personId, personId, id],
    )
  }
}

/** Those of the faces that something was said of. */
export function findStated({ db }: StoreContext, faceIds: readonly string[]): ReadonlySet<string> {
  const rows = db.all(
    'SELECT DISTINCT face_id FROM statements WHERE face_id IN (SELECT value FROM json_each(?))',
    [JSON.stringify(faceIds)],
  )
  return new Set(rows.map((row) => readText(row, 'face_id')))
}

/** How many faces of each of the persons are set aside; of those who have none, nothing. */
export function countAside(
  { db }: StoreContext,
  personIds: readonly string[],
): ReadonlyMap<string, number> {
  const rows = db.all(
    "SELECT person_id, count(*) AS faces FROM trash WHERE record = 'setAside' " +
      'AND person_id IN (SELECT value FROM json_each(?)) GROUP BY person_id',
    [JSON.stringify(personIds)],
  )
  return new Map(rows.map((row) => [readText(row, 'person_id'), readNumber(row, 'faces')]))
}
