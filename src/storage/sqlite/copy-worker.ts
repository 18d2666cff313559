import { randomBytes } from 'node:crypto'
import { closeSync, openSync, statSync } from 'node:fs'
import { FaceError } from '../../core/errors.ts'
import { type Outcome, toOutcome } from '../../platform/workers/outcome.ts'
import type { DatabaseCounts } from '../ports/copies.ts'
import { type Connection, type ConnectionOptions, openConnection } from './libsql.ts'
import { readNumber, readText } from './rows.ts'
import { schemaVersion } from './schema.ts'

/** What is in a file of SQLite. */
export interface FileFacts {
  readonly schemaVersion: number
  readonly counts: DatabaseCounts
}

/** What the thread that copies is to do. */
export type CopyTask = ConnectionOptions &
  (
    | { readonly task: 'copy'; readonly target: string }
    | { readonly task: 'inspect' }
    | { readonly task: 'takeOver' }
  )

/**
 * Does what keeps a connection busy for longer than a call of the store may take, in a thread of its
 * own with a connection of its own: in WAL mode neither readers nor writers wait for it.
 *
 * @returns the facts of the file that was written or looked at
 */
export function runCopyTask(task: CopyTask): Outcome<FileFacts> {
  return toOutcome(() => {
    if (task.task === 'copy') return copy(task, task.target)
    if (task.task === 'takeOver') takeOver(task)
    return inspect(task)
  })
}

/**
 * VACUUM INTO reads in one transaction, carries no free page along, in which erased bytes might be,
 * and encrypts with the key of the connection. The backup interface of SQLite is not in libsql.
 */
function copy(source: ConnectionOptions, target: string): FileFacts {
  closeSync(openSync(target, 'wx', 0o600))
  within(source, (db) => db.run('VACUUM INTO ?', [target]))
  return inspect({ ...source, file: target })
}

/** @throws {FaceError} `storeCorrupt`, `storeKeyWrong`, `storeTooNew` */
function inspect(options: ConnectionOptions): FileFacts {
  // An empty file is an empty database.
  if (statSync(options.file).size === 0) throw new FaceError('storeCorrupt')
  return within(options, (db) => {
    const version = readNumber(db.get('PRAGMA user_version'), 'user_version')
    if (version > schemaVersion) {
      throw new FaceError('storeTooNew', {
        detail: `Its schema is version ${version}; this program knows up to ${schemaVersion}.`,
      })
    }
    const problems = db.all('PRAGMA integrity_check').map((row) => readText(row, 'integrity_check'))
    if (problems.join() !== 'ok' || version === 0) {
      throw new FaceError('storeCorrupt', { detail: `It has ${problems.length} problems.` })
    }
    if (db.all('PRAGMA foreign_key_check').length > 0) {
      throw new FaceError('storeCorrupt', { detail: 'It has records without their owner.' })
    }
    const count = (table: string) => readNumber(db.get(`SELECT count(*) AS n FROM ${table}`), 'n')
    return {
      schemaVersion: version,
      counts: {
        collections: count('collections'),
        persons: count('persons'),
        faces: count('faces'),
      },
    }
  })
}

/**
 * Makes a copy a database of its own: a cursor of the original, as an index snapshot has one, must
 * not be taken for one of what the copy becomes.
 */
function takeOver(options: ConnectionOptions): void {
  within(options, (db) => {
    const id = randomBytes(8).toString('hex')
    db.run("UPDATE meta SET value = ? WHERE key = 'databaseId'", [id])
  })
}

function within<T>(options: ConnectionOptions, use: (db: Connection) => T): T {
  const db = openConnection(options)
  try {
    db.exec('PRAGMA trusted_schema = OFF')
    return use(db)
  } finally {
    db.close()
  }
}
