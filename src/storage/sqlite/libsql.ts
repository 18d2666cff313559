import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { FaceError, isFaceError } from '../../core/errors.ts'

// [Note: libsql's traps]
// libsql 0.5.29 has the interface of better-sqlite3 but (all seen, test/contract/gallery-store-sqlite):
// - a lone Buffer as the parameter, or a boolean anywhere, aborts the whole process;
// - missing parameters, undefined and NaN bind NULL, surplus parameters overwrite the last, in silence;
// - text is cut at its first NUL; whole numbers beyond 32 bits bind as reals;
// - rows of get() carry an extra `_metadata`; blobs are Buffers from get(), ArrayBuffers from all();
// - a cursor of iterate() that is not read to its end keeps its read transaction open, and the next
//   BEGIN IMMEDIATE fails with SQLITE_BUSY_SNAPSHOT;
// - a closed database still answers; a file that cannot be opened throws an error without a code;
// - what all() took outside V8's heap, about 2 KB a call, is freed on a later turn of the event loop:
//   a thread that blocks between its calls grows without end.
// So statements are run here only, with checked parameters, and read with all() only, in a thread
// whose event loop turns.

/** Types of a parameter of a statement. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** A row by column name; blobs are copies of their own. */
export type SqlRow = Readonly<Record<string, string | number | null | Uint8Array>>

/** A connection that keeps libsql's rules; see [Note: libsql's traps]. All errors are {@link FaceError}s. */
export interface Connection {
  /** @returns how many rows changed */
  run(sql: string, parameters?: readonly SqlValue[]): number
  all(sql: string, parameters?: readonly SqlValue[]): SqlRow[]
  get(sql: string, parameters?: readonly SqlValue[]): SqlRow | undefined
  /** Several statements without parameters. */
  exec(sql: string): void
  /** False after SQLite itself rolled a transaction back, for instance on a full disk. */
  readonly inTransaction: boolean
  close(): void
}

export interface ConnectionOptions {
  readonly file: string
  readonly encryptionKey?: string | undefined
  readonly busyTimeoutMs: number
}

/**
 * Opens a connection. Nothing is read yet: a wrong key shows with the first statement.
 *
 * @throws {FaceError} `dataDirUnusable` when the file cannot be opened
 */
export function openConnection(options: ConnectionOptions): Connection {
  const guard = createErrorGuard(options.file)
  const database = guard(
    () =>
      new Database(options.file, {
        timeout: options.busyTimeoutMs,
        ...(options.encryptionKey === undefined ? {} : { encryptionKey: options.encryptionKey }),
      } as Database.Options),
  )
  const statements = new Map<string, { statement: Database.Statement; parameterCount: number }>()
  let open = true

  function prepare(sql: string, parameters: readonly SqlValue[]): Database.Statement {
    if (!open) throw new FaceError('storeUnavailable', { detail: 'It is closed.' })
    let prepared = statements.get(sql)
    if (!prepared) {
      // Statements here have no question mark in literals and no numbered parameters.
      const parameterCount = sql.split('?').length - 1
      prepared = { statement: database.prepare(sql), parameterCount }
      statements.set(sql, prepared)
    }
    if (parameters.length !== prepared.parameterCount) {
      throw new FaceError('internal', {
        detail: `A statement has ${prepared.parameterCount} parameters, ${parameters.length} were given.`,
      })
    }
    return prepared.statement
  }

  const all = (sql: string, parameters: readonly SqlValue[] = []): SqlRow[] =>
    guard(() => prepare(sql, parameters).all(parameters.map(toSqlParameter)).map(toRow))

  return {
    run: (sql, parameters = []) =>
      guard(() => prepare(sql, parameters).run(parameters.map(toSqlParameter)).changes),
    all,
    get: (sql, parameters) => all(sql, parameters)[0],
    exec(sql) {
      guard(() => {
        if (!open) throw new FaceError('storeUnavailable', { detail: 'It is closed.' })
        database.exec(sql)
      })
    },
    get inTransaction() {
      return open && database.inTransaction
    },
    close() {
      open = false
      statements.clear()
      guard(() => database.close())
    },
  }
}

function toSqlParameter(value: SqlValue): SqlValue {
  if (typeof value === 'string') {
    if (!value.includes('\0')) return value
    throw new FaceError('internal', { detail: 'Text with NUL cannot be stored.' })
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new FaceError('internal', { detail: 'Not a finite number.' })
    return Number.isSafeInteger(value) ? BigInt(value) : value
  }
  if (typeof value === 'bigint' || value === null) return value
  if (value instanceof Uint8Array) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  }
  throw new FaceError('internal', { detail: `A ${typeof value} cannot be a parameter.` })
}

function toRow(row: unknown): SqlRow {
  const result: Record<string, string | number | null | Uint8Array> = {}
  for (const [column, value] of Object.entries(row as Record<string, unknown>)) {
    if (column === '_metadata') continue
    if (value instanceof ArrayBuffer) result[column] = new Uint8Array(value.slice(0))
    else if (value instanceof Uint8Array) result[column] = Uint8Array.from(value)
    else result[column] = value as string | number | null
  }
  return result
}

/** Runs `body` and turns SQLite's errors into those of the catalogue. */
function createErrorGuard(file: string): <T>(body: () => T) => T {
  return (body) => {
    try {
      return body()
    } catch (error) {
      throw toStoreError(error, file)
    }
  }
}

/** The catalogue's error for one of SQLite's result codes (https://www.sqlite.org/rescode.html). */
export function toStoreError(error: unknown, file: string): FaceError {
  if (isFaceError(error)) return error
  const code = String((error as { code?: unknown }).code ?? '')
  const message = error instanceof Error ? error.message : String(error)
  const options = { cause: error }
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return new FaceError('storeBusy', options)
  if (code.startsWith('SQLITE_NOTADB')) return new FaceError('storeKeyWrong', options)
  if (code.startsWith('SQLITE_CORRUPT')) return new FaceError('storeCorrupt', options)
  if (code.startsWith('SQLITE_FULL')) return new FaceError('storeFull', options)
  if (code.startsWith('SQLITE_READONLY')) return new FaceError('storeReadOnly', options)
  if (/^SQLITE_(CANTOPEN|PERM|AUTH)/.test(code) || message.startsWith('ConnectionFailed')) {
    return new FaceError('dataDirUnusable', {
      ...options,
      detail: 'The database cannot be opened.',
    })
  }
  if (code.startsWith('SQLITE_IOERR')) {
    // Growing the WAL's index on a full disk is reported as an I/O error, not as SQLITE_FULL.
    return isDiskFull(file)
      ? new FaceError('storeFull', options)
      : new FaceError('storeUnavailable', { ...options, detail: `Input/output error (${code}).` })
  }
  return new FaceError('internal', { ...options, detail: `The database said: ${code} ${message}` })
}

function isDiskFull(file: string): boolean {
  // SQLite grows the WAL's index by 32 KiB; a disk with less than a few of those left is full.
  const fullBelowBytes = 131_072
  try {
    const { bavail, bsize } = statfsSync(dirname(file))
    return bavail * bsize < fullBelowBytes
  } catch {
    return false
  }
}
