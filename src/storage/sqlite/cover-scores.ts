import type { Quality } from '../../core/types.ts'
import { scoreFace } from '../rules/face-score.ts'
import type { Connection } from './libsql.ts'
import { readJson, readText } from './rows.ts'

const batchSize = 1000

/**
 * Gives the faces that have a crop their scores, see [Note: Cover scores] in face-score.ts; in batches, so
 * that memory does not grow.
 */
export function fillCoverScores(db: Connection): void {
  for (let after = ''; ; ) {
    const rows = db.all(
      'SELECT face_id AS id, quality FROM crops CROSS JOIN faces ON faces.id = face_id ' +
        'WHERE face_id > ? ORDER BY face_id LIMIT ?',
      [after, batchSize],
    )
    for (const row of rows) {
      const score = scoreFace(readJson<Quality | null>(row, 'quality') ?? undefined)
      db.run('UPDATE faces SET cover_score = ? WHERE id = ?', [score, readText(row, 'id')])
    }
    const last = rows.at(-1)
    if (last === undefined) return
    after = readText(last, 'id')
  }
}

/** The score of a face in the trash, which an earlier program may have put there without. */
export function scoreKept(quality: string, hasCrop: boolean): number | null {
  if (!hasCrop) return null
  return scoreFace((JSON.parse(quality) as Quality | null) ?? undefined)
}
