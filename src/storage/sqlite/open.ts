import { closeSync, openSync } from 'node:fs'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { systemCodeOf, toDiskRefusal } from '../../platform/disk.ts'
import { type Connection, openConnection } from './libsql.ts'
import { readNumber } from './rows.ts'
import { migrate } from './schema.ts'

/** Options with which the store's thread opens its file. They cross the thread boundary. */
export interface DatabaseOptions {
  readonly file: string
  /** Encrypts the whole file (AES-256, key derived by SQLite); must be the one it was created with. */
  readonly encryptionKey?: string | undefined
  readonly busyTimeoutMs: number
  /** Bounds the file's size, as a full disk does; for tests. */
  readonly maxPages?: number | undefined
}

/**
 * Opens the database, durable and migrated.
 *
 * @throws {FaceError} `dataDirUnusable`, `storeReadOnly`, `storeFull`, `storeKeyWrong`,
 *   `storeCorrupt`, `storeTooNew`, `storeBusy`
 */
export function openDatabase(options: DatabaseOptions): Connection {
  prepareFile(options.file)
  const db = openConnection(options)
  try {
    enableWal(db, options.busyTimeoutMs)
    db.exec('PRAGMA synchronous = FULL')
    db.exec('PRAGMA foreign_keys = ON')
    // Erased embeddings and names are overwritten with zeros, not just unlinked.
    db.exec('PRAGMA secure_delete = ON')
    db.exec('PRAGMA trusted_schema = OFF')
    migrate(db)
    if (options.maxPages !== undefined) db.exec(`PRAGMA max_page_count = ${options.maxPages}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Moves the write-ahead log into the file and empties it, so that what was erased is gone from it,
 * too.
 *
 * @returns false when another process was reading or writing for longer than the busy timeout; the
 *   log is then as it was, and the caller tries again later
 */
export function emptyLog(db: Connection): boolean {
  try {
    // SQLite reports a log in use by a column of the answer, not by an error.
    return readNumber(db.get('PRAGMA wal_checkpoint(TRUNCATE)'), 'busy') === 0
  } catch (error) {
    if (!isFaceError(error, 'storeBusy')) throw error
    return false
  }
}

/** Creates the file for its owner only (WAL and its index inherit the mode) and names what is in the way. */
function prepareFile(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (cause) {
    const code = systemCodeOf(cause)
    const refusal = toDiskRefusal(cause)
    if (refusal === 'readOnly') {
      throw new FaceError('storeReadOnly', {
        detail: `Writing the database failed (${code}).`,
        cause,
      })
    }
    if (refusal === 'full') throw new FaceError('storeFull', { cause })
    throw new FaceError('dataDirUnusable', {
      detail: `The database file cannot be opened (${code}).`,
      cause,
    })
  }
}

/** SQLite's busy timeout does not cover the switch to WAL, which two processes starting at once collide in. */
function enableWal(db: Connection, timeoutMs: number): void {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      db.all('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if (!isFaceError(error, 'storeBusy') || Date.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}
