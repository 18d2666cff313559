import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import type { GalleryStore } from '../../src/storage/store.ts'
import { describeGalleryStoreContract, type StoreFixture } from './gallery-store.ts'
import { describeGalleryStoreRaces } from './gallery-store-races.ts'
import { describeUseCaseRaces } from './use-case-races.ts'

async function createFixture(): Promise<StoreFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-store-'))
  const stores: GalleryStore[] = []
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

describeGalleryStoreContract('SQLite', createFixture)
describeGalleryStoreRaces('SQLite', createFixture)
describeUseCaseRaces('SQLite', createFixture)
