import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../../src/storage/database.ts'
import { createProtectedStore } from '../../src/storage/protection/protected-store.ts'
import type { TemplateSecrets } from '../../src/storage/protection/template-secrets.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { describeDatabaseContract } from './database/database.ts'
import type { DatabaseFixture } from './database/fixture.ts'

/** A rotation that is taken back bit for bit, as the contract compares bits: the values in another order. */
const exactSecrets: TemplateSecrets = {
  newestId: 'exact',
  has: () => true,
  rotation: ({ dimension }) => {
    const turn = (vectors: Float32Array): Float32Array =>
      vectors.map((_, i) => {
        const start = i - (i % dimension)
        return vectors[start + dimension - 1 - (i % dimension)] as number
      })
    return { dimension, rotate: turn, rotateBack: turn }
  },
}

async function createFixture(): Promise<DatabaseFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-protected-'))
  const stores: Database[] = []
  return {
    async open() {
      const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
      stores.push(store)
      return createProtectedStore(store, exactSecrets)
    },
    async dispose() {
      for (const store of stores) await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

describeDatabaseContract('SQLite with protected templates', createFixture)
