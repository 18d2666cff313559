import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import {
  createSqliteStore,
  type SqliteStoreOptions,
} from '../../src/storage/sqlite/sqlite-store.ts'

export interface SqliteFile {
  readonly directory: string
  /** Does not exist before the first store is opened. */
  readonly file: string
}

/**
 * Gives each test of the calling suite a path of a database, and closes its stores afterwards.
 *
 * @param onFile  called before each test
 * @returns opens a store on the test's database
 */
export function provideSqliteFile(
  onFile: (made: SqliteFile) => void,
): (options?: Partial<SqliteStoreOptions>) => Promise<Database> {
  let made: SqliteFile
  let stores: Database[]

  beforeEach(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-sqlite-'))
    made = { directory, file: join(directory, 'gallery.db') }
    stores = []
    onFile(made)
  })

  afterEach(async () => {
    for (const store of stores) await store.close().catch(() => {})
    await rm(made.directory, { recursive: true, force: true })
  })

  return async (options = {}) => {
    const store = await createSqliteStore({ file: made.file, ...options })
    stores.push(store)
    return store
  }
}
