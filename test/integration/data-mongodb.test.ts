import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import { runCli, startCli } from '../helpers/cli.ts'
import {
  addStatements,
  createScratch,
  expectSameGallery,
  fillCollection,
  type Scratch,
} from '../helpers/moved-gallery.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const skipReason = whyNoMongod({ own: false })

describe.skipIf(skipReason)(nameWithReason('face-watcher data with MongoDB', skipReason), () => {
  let server: TestServer
  let scratch: Scratch
  let mongodb: Database
  let sqlite: Database
  let address: string
  const database = newDatabaseName()

  beforeAll(async () => {
    server = await openTestServer()
    scratch = await createScratch()
    address = Object.assign(new URL(server.url), { pathname: `/${database}` }).href
    mongodb = await createMongodbStore({ url: server.url, database })
    sqlite = await scratch.openStore(join(scratch.directory, 'from.sqlite'))
    await addStatements(sqlite, await fillCollection(sqlite, { persons: 400 }))
    await fillCollection(sqlite, { name: 'other', persons: 1, dimension: 16 })
  })

  afterAll(async () => {
    await mongodb?.close()
    if (server) {
      const admin = await MongoClient.connect(server.url)
      await admin.db(database).dropDatabase()
      await admin.close()
    }
    await scratch?.dispose()
    await server?.stop()
  })

  // What a killed process holds in a transaction, the server frees after a minute or more.
  const patient = { timeout: 300_000 }

  it('copies SQLite to MongoDB, goes on after SIGKILL, and copies back', patient, async () => {
    const from = join(scratch.directory, 'from.sqlite')
    const dataDir = ['--data-dir', scratch.directory]
    const there = ['data', 'copy', '--from', from, '--to', address, ...dataDir]
    for (const step of ['Copying', 'Comparing']) {
      const running = startCli(there)
      await running.waitFor(step)
      running.child.kill('SIGKILL')
      expect((await running.done).code).toBeNull()
    }
    expect(await runCli(there)).toMatchObject({ code: 0 })
    await expectSameGallery(mongodb, sqlite)

    const back = join(scratch.directory, 'back.sqlite')
    const copied = await runCli(['data', 'copy', '--from', address, '--to', back, ...dataDir])
    expect(copied).toMatchObject({ code: 0 })
    await expectSameGallery(await scratch.openStore(back), sqlite)
  })

  it('waits for what a process that was killed still holds', patient, async () => {
    const target = newDatabaseName()
    const to = Object.assign(new URL(server.url), { pathname: `/${target}` }).href
    await (await createMongodbStore({ url: server.url, database: target })).close()
    const client = await MongoClient.connect(server.url)
    const session = client.startSession()
    try {
      const { id } = await sqlite.collections.get('default')
      const [person] = (await sqlite.persons.list(id, { limit: 1 })).items
      session.startTransaction()
      const persons = client.db(target).collection<{ _id: string }>('persons')
      await persons.insertOne({ _id: person!.id }, { session, bypassDocumentValidation: true })
      const from = join(scratch.directory, 'from.sqlite')
      const args = ['data', 'copy', '--from', from, '--to', to, '--data-dir', scratch.directory]
      const copying = runCli(args)
      // Longer than a single write waits.
      await sleep(7000)
      await session.abortTransaction()
      expect(await copying).toMatchObject({ code: 0 })
    } finally {
      await session.endSession()
      await client.db(target).dropDatabase()
      await client.close()
    }
  })

  it('exports from MongoDB, and what it exports can be imported into SQLite and again', async () => {
    const dir = join(scratch.directory, 'export')
    const toDir = join(scratch.directory, 'to')
    await mkdir(toDir)
    const env = {
      FACE_WATCHER_STORE_KIND: 'mongodb',
      FACE_WATCHER_STORE_URL: server.url,
      FACE_WATCHER_STORE_DATABASE: database,
    }
    const exported = await runCli(['data', 'export', dir, '--data-dir', toDir], { env })
    expect(exported).toMatchObject({ code: 0 })
    expect(await runCli(['data', 'import', dir, '--data-dir', toDir])).toMatchObject({ code: 0 })
    await expectSameGallery(await scratch.openStore(join(toDir, 'gallery.sqlite')), mongodb)
    const again = await runCli(['data', 'import', dir, '--data-dir', toDir, '--json'], { env })
    expect(JSON.parse(again.stdout).collections[0]).toMatchObject({ faces: 1200, others: 0 })
    await expectSameGallery(mongodb, sqlite)
  })
})
