import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import type { GalleryStore } from '../../src/storage/store.ts'
import type { StoreFixture } from './gallery-store.ts'
import { describeGalleryTransferContract } from './gallery-transfer.ts'

async function createFixture(): Promise<StoreFixture> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-transfer-'))
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

describeGalleryTransferContract('SQLite', createFixture)
