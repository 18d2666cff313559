import { fillCoverScores } from '../cover-scores.ts'
import type { Migration } from './migration.ts'

/** See [Note: Cover scores] in face-score.ts. Released entries never change. */
export const coverScoreMigrations: readonly Migration[] = [
  'ALTER TABLE faces ADD COLUMN cover_score REAL',
  fillCoverScores,
  `
  CREATE INDEX faces_by_cover_score ON faces (person_id, cover_score DESC, id)
    WHERE cover_score IS NOT NULL;
  `,
]
