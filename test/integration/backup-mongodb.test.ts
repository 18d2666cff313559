import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createConfiguredBackup, restoreBackup } from '../../src/compose/backup.ts'
import { openStore } from '../../src/compose/storage.ts'
import { toConfig } from '../../src/config/load.ts'
import { restoreMongodb } from '../../src/storage/mongodb/restored-copy.ts'
import type { Person } from '../../src/storage/ports/persons.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const dimension = 32
const faceOf = (seed: number) => makeFace(seed, { embedding: makeEmbedding(seed, dimension) })

const skipReason = whyNoMongod({ own: false })
describe.skipIf(skipReason)(nameWithReason('backups of MongoDB', skipReason), () => {
  let server: TestServer
  let directory: string
  let databases: string[]
  beforeAll(async () => {
    server = await openTestServer()
  })
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-backup-'))
    databases = [newDatabaseName(), newDatabaseName()]
  })
  afterEach(async () => {
    const client = await MongoClient.connect(server.url)
    for (const name of databases) await client.db(name).dropDatabase()
    await client.close()
    await rm(directory, { recursive: true, force: true })
  })
  afterAll(() => server?.stop())

  const configOf = (database: string) =>
    toConfig({
      dataDir: join(directory, database),
      store: { kind: 'mongodb', url: server.url, database, timeoutMs: 30_000 },
      backup: { directory: join(directory, 'backups') },
    })

  it('are as of one moment, and restored whole into another database', {
    timeout: 120_000,
  }, async () => {
    const [from, to] = databases.map(configOf) as [
      ReturnType<typeof configOf>,
      ReturnType<typeof configOf>,
    ]
    const store = await openStore(from)
    const collection = await makeCollection(store, { dimension, storeCrops: true })
    const enrol = async (seed: number) => {
      const name = `Person ${seed}`
      return (await store.faces.add(collection.id, { name }, [faceOf(seed)])).person
    }
    const before: Person[] = []
    for (let seed = 0; seed < 40; seed++) before.push(await enrol(seed))
    let going = true
    const load = (async () => {
      for (let seed = 1000; going; seed++) {
        const { id } = await enrol(seed)
        if (seed % 2 === 0) await store.persons.delete(collection.id, id)
      }
    })()
    const { backup } = await createConfiguredBackup(from, store)
    going = false
    await load
    expect(backup.content.counts.persons).toBeGreaterThanOrEqual(40)
    await store.persons.delete(collection.id, before[0]!.id)
    await createConfiguredBackup(from, store)
    await store.close()

    const folder = join(directory, 'backups', backup.id)
    const options = { folder, replace: false, erasures: [] }
    await expectCode(restoreBackup(from, options), 'dataInUse')
    const restored = await restoreBackup(to, options)
    expect(restored.erased).toBeGreaterThanOrEqual(1)
    const again = await openStore(to)
    for (const person of before.slice(1)) {
      expect(await again.persons.get(collection.id, person.id)).toMatchObject({ name: person.name })
    }
    await expectCode(again.persons.get(collection.id, before[0]!.id), 'personNotFound')
    const counts = await again.collections.counts(collection.id)
    const { items } = await again.persons.list(collection.id, { limit: 1000 })
    const faces = await again.transfer.readFaces(collection.id, { limit: 1000 })
    // They were read at one time: each face has its person, and the counters count both.
    expect(counts).toEqual({ persons: items.length, faces: faces.length })
    expect(new Set(faces.map(({ personId }) => personId))).toEqual(
      new Set(items.map(({ id }) => id)),
    )
    const face = faces.find(({ personId }) => personId === before[5]!.id)
    expect(face?.embedding).toEqual(makeEmbedding(5, dimension))
    await again.faces.add(collection.id, { name: 'Next' }, [faceOf(9999)])
    expect((await again.feed.changes(undefined, 10)).length).toBeGreaterThan(0)
    await again.close()
  })

  it('that were restored in part are refused by every program, and begun again', async () => {
    const [from, to] = databases.map(configOf) as [
      ReturnType<typeof configOf>,
      ReturnType<typeof configOf>,
    ]
    const store = await openStore(from)
    const collection = await makeCollection(store, { dimension })
    await store.faces.add(collection.id, { name: 'Ann' }, [faceOf(1)])
    const copy = join(directory, 'copy')
    const { backup } = await createConfiguredBackup(from, store)
    await mkdir(copy)
    await store.copyInto(copy)
    await store.close()
    const { url, database, timeoutMs } = to.store
    await expect(
      restoreMongodb({ url, database, timeoutMs }, copy, () => {
        throw new Error('The process was killed.')
      }),
    ).rejects.toThrow()
    await expectCode(openStore(to), 'storeTooNew')
    const folder = join(directory, 'backups', backup.id)
    await restoreBackup(to, { folder, replace: false, erasures: [] })
    const again = await openStore(to)
    expect((await again.persons.list(collection.id)).items).toMatchObject([{ name: 'Ann' }])
    await again.close()
  })
})
