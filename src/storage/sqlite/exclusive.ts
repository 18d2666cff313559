import { existsSync } from 'node:fs'
import { FaceError, isFaceError } from '../../core/errors.ts'
import { type Connection, type ConnectionOptions, openConnection } from './libsql.ts'

/** The database file of a folder, kept from every other process. */
export interface HeldFile {
  /** False when it is damaged or another key's: its log could not be moved into it. */
  readonly isWhole: boolean
  release(): void
}

/**
 * Keeps every other process from a database file, and moves its write-ahead log into it.
 *
 * A connection in WAL mode holds a lock of the system for as long as it is open, which ends with its
 * process. So that the mode can be changed says that nobody has the file open, a server without a
 * request and a process on another version of this program included. (Network file systems may keep
 * no such locks.)
 *
 * @returns `undefined` when there is no such file
 * @throws {FaceError} `dataInUse`
 */
export function holdExclusively(options: ConnectionOptions): HeldFile | undefined {
  if (!existsSync(options.file)) return undefined
  let db: Connection | undefined
  try {
    db = openConnection(options)
    db.all('PRAGMA journal_mode = DELETE')
    db.all('PRAGMA locking_mode = EXCLUSIVE')
    db.exec('BEGIN EXCLUSIVE')
    const held = db
    return { isWhole: true, release: () => held.close() }
  } catch (error) {
    db?.close()
    if (isFaceError(error, 'storeBusy')) {
      throw new FaceError('dataInUse', {
        detail: 'A process has the database of the data folder open; stop the server first.',
        cause: error,
      })
    }
    if (isFaceError(error, 'storeCorrupt') || isFaceError(error, 'storeKeyWrong')) {
      return { isWhole: false, release: () => {} }
    }
    throw error
  }
}
