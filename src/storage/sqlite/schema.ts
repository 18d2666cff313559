import { randomBytes } from 'node:crypto'
import { FaceError } from '../../core/errors.ts'
import type { Connection } from './libsql.ts'
import { coverScoreMigrations } from './migrations/cover-scores.ts'
import { galleryMigrations } from './migrations/gallery.ts'
import { jobsMigrations } from './migrations/jobs.ts'
import { keyMigrations } from './migrations/keys.ts'
import type { Migration } from './migrations/migration.ts'
import { peopleMigrations } from './migrations/people.ts'
import { sessionsMigrations } from './migrations/sessions.ts'
import { strangersMigrations } from './migrations/strangers.ts'
import { wordBitsMigrations } from './migrations/word-bits.ts'
import { readNumber } from './rows.ts'

// Entry i brings the schema from version i to i + 1. Released entries never change.
const migrations: readonly Migration[] = [
  ...galleryMigrations,
  ...jobsMigrations,
  ...strangersMigrations,
  ...peopleMigrations,
  ...wordBitsMigrations,
  // Statements in the trash that were revoked.
  `
  CREATE INDEX trash_revoked_by_face ON trash (json_extract(stored, '$.face_id'))
    WHERE record = 'revoked';
  `,
  // JSON: the strangers that an entry gave to another person, see [Note: Assigned strangers] in
  // stranger-persons.ts.
  'ALTER TABLE history ADD COLUMN strangers TEXT',
  // What is set aside is in the trash, too, and no time erases it.
  `
  DROP INDEX trash_by_age;
  CREATE INDEX trash_by_age ON trash (removed_at, id) WHERE record <> 'setAside';
  CREATE INDEX set_aside_by_person ON trash (person_id, id) WHERE record = 'setAside';
  CREATE INDEX set_aside_by_image ON trash (collection_id, json_extract(stored, '$.image_hash'))
    WHERE record = 'setAside';
  `,
  ...coverScoreMigrations,
  // See [Note: Protected templates].
  'ALTER TABLE collections ADD COLUMN template_secret_id TEXT',
  ...sessionsMigrations,
  ...keyMigrations,
]

/** The schema version that this program writes. */
export const schemaVersion: number = migrations.length

/**
 * Brings the schema up to date in one transaction; safe when several processes start at once.
 *
 * @throws {FaceError} `storeTooNew` when a newer program wrote the file; `dataDirUnusable` when the
 *   file is another program's database
 */
export function migrate(db: Connection): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const version = readNumber(db.get('PRAGMA user_version'), 'user_version')
    if (version > schemaVersion) {
      throw new FaceError('storeTooNew', {
        detail: `Its schema is version ${version}; this program knows up to ${schemaVersion}.`,
      })
    }
    if (version === 0 && db.get('SELECT name FROM sqlite_master LIMIT 1')) {
      throw new FaceError('dataDirUnusable', { detail: "The file is another program's database." })
    }
    for (const migration of migrations.slice(version)) {
      if (typeof migration === 'string') db.exec(migration)
      else migration(db)
    }
    if (version === 0) {
      // Tells this database's cursors from another's.
      const id = randomBytes(8).toString('hex')
      db.run("INSERT INTO meta (key, value) VALUES ('databaseId', ?)", [id])
    }
    if (version < schemaVersion) db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK')
    throw error
  }
}
