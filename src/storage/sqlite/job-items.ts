import type { StoreContext } from './context.ts'
import { readText } from './rows.ts'

/** What jobs tell of faces follows the faces to their new persons, with whom it is deleted. */
export function moveJobItems(
  { db }: Pick<StoreContext, 'db'>,
  faces: readonly { readonly id: string; readonly from: string; readonly personId: string }[],
): void {
  const owners = new Map(faces.map(({ id, personId }) => [id, personId]))
  for (const from of new Set(faces.map((face) => face.from))) {
    const rows = db.all(
      "SELECT id, body ->> 'faceId' AS face_id FROM job_items WHERE person_id = ?",
      [from],
    )
    for (const row of rows) {
      const personId = owners.get(String(row.face_id))
      if (personId === undefined) continue
      db.run('UPDATE job_items SET person_id = ? WHERE id = ?', [personId, readText(row, 'id')])
    }
  }
}
