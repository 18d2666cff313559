import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe } from 'vitest'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { GalleryStore } from '../../src/storage/store.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'
import { describeGalleryStoreContract, type StoreFixture } from './gallery-store.ts'
import { describeGalleryStoreRaces } from './gallery-store-races.ts'
import { describeGalleryTransferContract } from './gallery-transfer.ts'
import { describeUseCaseRaces } from './use-case-races.ts'

const skipReason = whyNoMongod({ own: false })

describe.skipIf(skipReason)(`MongoDB${skipReason ? ` (${skipReason})` : ''}`, () => {
  let server: TestServer
  let admin: MongoClient

  beforeAll(async () => {
    server = await openTestServer()
    admin = new MongoClient(server.url)
  })

  afterAll(async () => {
    await admin?.close()
    await server?.stop()
  })

  async function createFixture(): Promise<StoreFixture> {
    const database = newDatabaseName()
    const stores: GalleryStore[] = []
    return {
      async open() {
        const store = await createMongodbStore({ url: server.url, database })
        stores.push(store)
        return store
      },
      async dispose() {
        for (const store of stores) await store.close()
        await admin.db(database).dropDatabase()
      },
    }
  }

  describeGalleryStoreContract('MongoDB', createFixture)
  describeGalleryStoreRaces('MongoDB', createFixture)
  describeUseCaseRaces('MongoDB', createFixture)
  describeGalleryTransferContract('MongoDB', createFixture)
})
