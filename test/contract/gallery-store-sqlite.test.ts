import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { describeDatabaseContract } from './database/database.ts'
import type { DatabaseFixture } from './database/fixture.ts'
import { describeDatabaseRaces } from './database/races.ts'
import { describeUseCaseRaces } from './use-case-races.ts'

async function createFixture(): Promise<DatabaseFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-store-'))
  const stores: Database[] = []
  return {
    async open() {
      const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
      stores.push(store)
      return store
    },
    async dispose() {
      for (const store of stores) await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describeDatabaseContract('SQLite', createFixture)
describeDatabaseRaces('SQLite', createFixture)
describeUseCaseRaces('SQLite', createFixture)
