import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'
import { describeDatabaseContract } from './database/database.ts'
import type { DatabaseFixture } from './database/fixture.ts'
import { describeDatabaseRaces } from './database/races.ts'
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

  async function createFixture(): Promise<DatabaseFixture> {
    const database = newDatabaseName()
    const stores: Database[] = []
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

  describeDatabaseContract('MongoDB', createFixture)
  describeDatabaseRaces('MongoDB', createFixture)
  describeUseCaseRaces('MongoDB', createFixture)
})
