import { setTimeout as pause } from 'node:timers/promises'
import { MongoClient, type Timestamp } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Cursor } from '../../src/core/types.ts'
import type { Database } from '../../src/storage/database.ts'
import {
  createMongodbStore,
  type MongodbStoreOptions,
} from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import type { Change } from '../../src/storage/ports/feed.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  startStandalone,
  whyNoMongod,
} from '../servers/mongod.ts'

const skipReason = whyNoMongod({ own: true })
const title = `gallery store on MongoDB: faults${skipReason ? ` (${skipReason})` : ''}`

describe.skipIf(skipReason)(title, () => {
  let replicaSet: ReplicaSet
  const stores: Database[] = []

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
  })

  async function openStore(options: Partial<MongodbStoreOptions> = {}): Promise<Database> {
    const database = options.database ?? newDatabaseName()
    const store = await createMongodbStore({ url: replicaSet.url, ...options, database })
    stores.push(store)
    return store
  }

  describe('servers that cannot be used', () => {
    it('refuses a standalone server and says how to make it a replica set', async () => {
      const server = await startStandalone()
      try {
        const opening = createMongodbStore({ url: server.url, database: 'x' })
        await expectCode(opening, 'storeStandalone')
        await expect(opening).rejects.toMatchObject({
          detail: expect.stringContaining('rs.initiate()'),
        })
      } finally {
        await server.stop()
      }
    })

    it('reports a server that is not there, after the given time', async () => {
      const url = 'mongodb://ann:secret@127.0.0.1:1/?directConnection=true'
      const error = await createMongodbStore({ url, database: 'x', timeoutMs: 300 }).catch(
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'storeUnavailable' })
      expect(String(error)).not.toContain('secret')
    })

    it('refuses a URL that is none without repeating it', async () => {
      for (const url of [
        'ann:secret',
        'mongodb://ann:secret@@host',
        'mongodb://ann:secret@h/?x=1',
      ]) {
        const error = await createMongodbStore({ url, database: 'x', timeoutMs: 300 }).catch(
          (reason: unknown) => reason,
        )
        expect(error).toMatchObject({ code: 'invalidConfig', cause: undefined })
        expect(String(error)).not.toContain('secret')
      }
    })
  })

  describe('one member', () => {
    beforeAll(async () => {
      replicaSet = await startReplicaSet({ members: 1, oplogSizeMb: 1 })
    })

    afterAll(() => replicaSet?.stop())

    it('lets several stores create the database at once', async () => {
      const database = newDatabaseName()
      const opened = await Promise.all(Array.from({ length: 4 }, () => openStore({ database })))
      await makeCollection(opened[0]!)
      for (const store of opened) {
        expect(await store.feed.changes(undefined, 10)).toEqual([])
        expect((await store.collections.list()).items).toHaveLength(1)
      }
    })

    it('refuses a database of a newer version', async () => {
      const database = newDatabaseName()
      await openStore({ database })
      await edit(replicaSet, database, 'meta', { $set: { schemaVersion: 99 } })
      await expectCode(openStore({ database }), 'storeTooNew')
    })

    it('tells another store of a change', async () => {
      const database = newDatabaseName()
      const [writer, reader] = [await openStore({ database }), await openStore({ database })]
      const collection = await makeCollection(writer)
      let calls = 0
      const end = reader.onChange!(() => calls++)
      await expect.poll(() => calls).toBe(1)
      await writer.faces.add(collection.id, { name: 'Ann' }, [makeFace(1)])
      await expect.poll(() => calls).toBe(2)
      end()
      await writer.faces.add(collection.id, { name: 'Bob' }, [makeFace(2)])
      await pause(100)
      expect(calls).toBe(2)
    })

    it('answers a slow server with storeUnavailable, within the given time', async () => {
      const store = await openStore({ timeoutMs: 500 })
      await makeCollection(store)
      const failCommand = {
        configureFailPoint: 'failCommand',
        data: { failCommands: ['find'], blockConnection: true, blockTimeMS: 3000 },
      }
      await replicaSet.command({ ...failCommand, mode: { times: 1 } })
      await expectCode(store.collections.get('default'), 'storeUnavailable')
      await replicaSet.command({ configureFailPoint: 'failCommand', mode: 'off' })
      expect((await store.collections.get('default')).name).toBe('default')
    })

    it('answers storeBusy when a transaction never comes through', async () => {
      const store = await openStore({ timeoutMs: 1000 })
      const collection = await makeCollection(store)
      const failCommand = {
        configureFailPoint: 'failCommand',
        data: {
          failCommands: ['insert'],
          errorCode: 112,
          errorLabels: ['TransientTransactionError'],
        },
      }
      await replicaSet.command({ ...failCommand, mode: 'alwaysOn' })
      try {
        await expectCode(store.persons.create(collection.id, { name: 'Ann' }), 'storeBusy')
      } finally {
        await replicaSet.command({ configureFailPoint: 'failCommand', mode: 'off' })
      }
      await store.persons.create(collection.id, { name: 'Ann' })
    })

    it('reports a full disk', async () => {
      const store = await openStore()
      const collection = await makeCollection(store)
      await replicaSet.command({
        configureFailPoint: 'failCommand',
        mode: { times: 1 },
        data: { failCommands: ['insert'], errorCode: 14_031 },
      })
      await expectCode(store.persons.create(collection.id, { name: 'Ann' }), 'storeFull')
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 0, faces: 0 })
    })

    it('lets many add faces to one person, each face once', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      const person = await one.persons.create(id, { name: 'Ann' })
      await Promise.all(
        Array.from({ length: 40 }, (_, i) =>
          (i % 2 ? one : two).faces.add(id, person.id, [makeFace(i), makeFace(i + 1)]),
        ),
      )
      expect((await one.persons.get(id, person.id)).faceCount).toBe(41)
      expect(await two.collections.counts(id)).toEqual({ persons: 1, faces: 41 })
      expect((await two.feed.changes(undefined, 100)).length).toBe(41)
    })

    it('leaves no face of a person that is deleted while faces are added', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      for (let round = 0; round < 20; round++) {
        const { person } = await one.faces.add(id, { name: 'Ann' }, [makeFace(0)])
        const results = await Promise.allSettled([
          one.faces.add(id, person.id, [makeFace(1)]),
          two.persons.delete(id, person.id),
          two.faces.add(id, person.id, [makeFace(2)]),
        ])
        expect(results[1]).toMatchObject({ status: 'fulfilled' })
        for (const result of [results[0], results[2]]) {
          if (result.status === 'rejected') expect(result.reason.code).toBe('personNotFound')
        }
      }
      expect(await one.collections.counts(id)).toEqual({ persons: 0, faces: 0 })
      expect((await one.faces.list(id)).items).toEqual([])
      const feed = await readFeed(one)
      expect(countKind(feed, 'faceAdded')).toBe(countKind(feed, 'faceRemoved'))
    })

    it('leaves nothing of a collection that is deleted while faces are added', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      let deleted = false
      const enrol = async (store: Database, offset: number): Promise<void> => {
        for (let i = 0; !deleted; i++) {
          await store.faces.add(id, { name: `P${i}` }, [makeFace(offset + i)])
        }
      }
      const enrolling = Array.from({ length: 16 }, (_, i) => enrol(i % 2 ? one : two, 1000 * i))
      const settled = Promise.allSettled(enrolling)
      await pause(200)
      await one.collections.delete('default')
      deleted = true
      for (const result of await settled) {
        if (result.status === 'rejected') expect(result.reason.code).toBe('collectionNotFound')
      }
      expect(await two.collections.counts(id)).toEqual({ persons: 0, faces: 0 })
      expect(
        (await two.feed.embeddings({ id, modelId: 'test-model' }, { limit: 10 })).faceIds,
      ).toEqual([])
      await expect
        .poll(() => countDocuments(replicaSet, database), { timeout: 10_000 })
        .toEqual(nothing)
    })

    it('removes what a process left of a deleted collection when it died', async () => {
      const database = newDatabaseName()
      const store = await openStore({ database })
      const collection = await makeCollection(store, { storeCrops: true })
      const crop = { bytes: Uint8Array.of(1) }
      const faces = Array.from({ length: 1200 }, (_, i) => makeFace(i, { crop }))
      const { person } = await store.faces.add(collection.id, { name: 'Ann' }, faces)
      // As it stands after the transaction of the deletion.
      const client = new MongoClient(replicaSet.url)
      const db = client.db(database)
      await db.collection('collections').deleteMany({})
      await db.collection<{ _id: string }>('purges').insertOne({ _id: collection.id })
      await client.close()
      await expectCode(store.persons.get(collection.id, person.id), 'personNotFound')
      expect((await store.faces.list(collection.id)).items).toEqual([])
      await openStore({ database })
      await expect
        .poll(() => countDocuments(replicaSet, database), { timeout: 10_000 })
        .toEqual(nothing)
    })

    it('leaves no transaction open when it is closed while it removes a deleted collection', async () => {
      const client = new MongoClient(replicaSet.url)
      const open = { $match: { transaction: { $exists: true } } }
      const sessions = { $currentOp: { allUsers: true, idleSessions: true } }
      for (let i = 0; i < 20; i++) {
        const store = await createMongodbStore({ url: replicaSet.url, database: newDatabaseName() })
        const collection = await makeCollection(store)
        const faces = Array.from({ length: 50 }, (_, j) => makeFace(j))
        await store.faces.add(collection.id, { name: 'Ann' }, faces)
        await store.collections.delete('default')
        await pause(i)
        await store.close()
        expect(await client.db('admin').aggregate([sessions, open]).toArray()).toEqual([])
      }
      await client.close()
    })

    it('restores a collection that was deleted a moment ago, completely', async () => {
      const store = await openStore()
      const collection = await makeCollection(store)
      const faces = Array.from({ length: 700 }, (_, i) => makeFace(i))
      const { person } = await store.faces.add(collection.id, { name: 'Ann' }, faces)
      const stored = await store.transfer.readFaces(collection.id, { limit: 1000 })
      await store.collections.delete('default')
      await store.transfer.restoreCollection(collection)
      await store.transfer.restorePersons(collection.id, [person])
      await store.transfer.restoreFaces(collection.id, stored)
      await pause(300)
      expect(await store.transfer.readFaces(collection.id, { limit: 1000 })).toEqual(stored)
      expect(await store.collections.counts(collection.id)).toEqual({ persons: 1, faces: 700 })
    })

    it('leaves no embedding of a face that is deleted while it is filled', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      await one.secondModels.begin(id, second)
      const set = { id, modelId: second.modelId }
      const kept = await one.persons.create(id, { name: 'Kept' })
      for (let round = 0; round < 20; round++) {
        const [first, ...others] = [0, 1, 2].map((i) => makeFace(3 * round + i))
        const added = await one.faces.add(id, kept.id, others)
        const gone = await one.faces.add(id, { name: 'Gone' }, [first!])
        const faces = [...added.faces, ...gone.faces].map((face) => face.id)
        const results = await Promise.allSettled([
          one.secondModels.fill(set, faces.map(fillOf)),
          two.faces.delete(id, faces[0]!),
          two.persons.delete(id, gone.person.id),
        ])
        expect(results.map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'))
      }
      const { items } = await one.faces.list(id)
      const { faceIds } = await one.feed.embeddings(set, { limit: 1000 })
      expect(faceIds).toEqual(items.map((face) => face.id))
      expect(faceIds).toHaveLength(20)
      expect(await one.secondModels.countLacking(set)).toBe(0)
      expect(await countDocuments(replicaSet, database)).toMatchObject({
        faces: 20,
        embeddings: 40,
      })
    })

    it('stores no embedding of a model that is ended, or of a collection that is deleted', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      const set = { id, modelId: second.modelId }
      const { faces } = await one.faces.add(id, { name: 'Ann' }, [makeFace(1), makeFace(2)])
      const fill = faces.map((face) => fillOf(face.id))
      for (let round = 0; round < 20; round++) {
        const begun = await one.secondModels.begin(id, second)
        const [filled, ended] = await Promise.allSettled([
          one.secondModels.fill(set, fill),
          two.secondModels.end(begun),
        ])
        expect(ended).toMatchObject({ value: { id, modelId: 'test-model' } })
        if (filled.status === 'rejected') expect(filled.reason.code).toBe('modelMismatch')
        expect(await one.secondModels.erase(set, 10)).toBe(filled.status === 'fulfilled' ? 2 : 0)
        expect((await readFeed(one)).at(-1)!.kind).toBe('modelsChanged')
      }
      await one.secondModels.begin(id, second)
      const [filled, deleted] = await Promise.allSettled([
        one.secondModels.fill(set, fill),
        two.collections.delete('default'),
      ])
      expect(deleted.status).toBe('fulfilled')
      if (filled.status === 'rejected') expect(filled.reason.code).toBe('collectionNotFound')
      await expect
        .poll(() => countDocuments(replicaSet, database), { timeout: 10_000 })
        .toEqual(nothing)
    })

    it('fills a collection once while many enrol in it', async () => {
      const database = newDatabaseName()
      const [one, two] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(one)
      const set = { id, modelId: second.modelId }
      await one.secondModels.begin(id, second)
      let enrolled = false
      const enrolling = Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          (i % 2 ? one : two).faces.add(id, { name: `P${i}` }, [makeFace(i)]),
        ),
      ).finally(() => {
        enrolled = true
      })
      for (;;) {
        const last = enrolled
        const lacking = await two.secondModels.lacking(set, { limit: 7 })
        if (last && lacking.length === 0) break
        const embeddings = lacking.map(({ faceId }) => fillOf(faceId))
        await Promise.all([one, two].map((store) => store.secondModels.fill(set, embeddings)))
      }
      await enrolling
      expect(await one.secondModels.countLacking(set)).toBe(0)
      const changes = await readFeed(one)
      const added = changes.filter((change) => change.modelId === second.modelId)
      expect(new Set(added.map((change) => change.faceId)).size).toBe(200)
      expect(added).toHaveLength(200)
    })

    it('refuses a cursor of another database and one that the oplog no longer has', async () => {
      const database = newDatabaseName()
      const store = await openStore({ database })
      const { id } = await makeCollection(store)
      await store.faces.add(id, { name: 'Ann' }, [makeFace(1)])
      const old = (await store.feed.changes(undefined, 10))[0]!.cursor
      await store.faces.add(id, { name: 'Bob' }, [makeFace(2)])
      expect(await store.feed.changes(old, 10)).toHaveLength(1)
      await expectCode((await openStore()).feed.changes(old, 10), 'invalidCursor')
      await cutOplog(replicaSet)
      const late = await openStore({ database })
      await expectCode(late.feed.changes(old, 10), 'invalidCursor')
      await expectCode(late.feed.changes(undefined, 10), 'invalidCursor')
      const cursor = await late.feed.latestCursor()
      const { faces } = await store.faces.add(id, { name: 'Cleo' }, [makeFace(3)])
      expect(await late.feed.changes(cursor, 10)).toMatchObject([{ faceId: faces[0]!.id }])
    })
  })

  describe('three members', () => {
    beforeAll(async () => {
      replicaSet = await startReplicaSet({ members: 3 })
    })

    afterAll(() => replicaSet?.stop())

    it('loses nothing and stores nothing twice when the primary steps down', async () => {
      const store = await openStore()
      await enrolDuring(store, await makeCollection(store), () => replicaSet.stepDown())
    })

    it('loses nothing and stores nothing twice when the primary is killed', async () => {
      const store = await openStore()
      await enrolDuring(store, await makeCollection(store), async () => {
        const member = await replicaSet.kill('SIGKILL')
        await pause(4000)
        await replicaSet.restart(member)
      })
    })

    it('tells of changes after the primary was killed', async () => {
      const database = newDatabaseName()
      const [writer, reader] = [await openStore({ database }), await openStore({ database })]
      const { id } = await makeCollection(writer)
      let calls = 0
      reader.onChange!(() => calls++)
      await expect.poll(() => calls).toBe(1)
      const member = await replicaSet.kill('SIGKILL')
      await untilServed(() => writer.faces.add(id, { name: 'Ann' }, [makeFace(1)]))
      await expect.poll(() => calls, { timeout: 20_000 }).toBeGreaterThan(1)
      await replicaSet.restart(member)
    })

    it('answers storeUnavailable without a primary, and goes on by itself when there is one', async () => {
      const store = await openStore({ timeoutMs: 500 })
      const { id } = await makeCollection(store)
      const cursor = await store.feed.latestCursor()
      const killed = [await replicaSet.kill('SIGKILL', 0), await replicaSet.kill('SIGKILL', 1)]
      await replicaSet.kill('SIGKILL', 2)
      await expectCode(store.ping(), 'storeUnavailable')
      await expectCode(store.collections.get('default'), 'storeUnavailable')
      await expectCode(store.faces.add(id, { name: 'Ann' }, [makeFace(1)]), 'storeUnavailable')
      for (const member of [...killed, 2]) await replicaSet.restart(member)
      await untilServed(() => store.ping())
      const { faces } = await untilServed(() => store.faces.add(id, { name: 'Bob' }, [makeFace(2)]))
      expect((await store.feed.changes(cursor, 10)).map((change) => change.faceId)).toContain(
        faces[0]!.id,
      )
    })
  })
})

const second = {
  modelId: 'second-model',
  dimension: 4,
  policy: { maxFpir: 0.01, possibleFpir: 0.1 },
}

function fillOf(faceId: string): { faceId: string; embedding: Float32Array } {
  return { faceId, embedding: makeEmbedding(7, second.dimension) }
}

/**
 * Enrols with 16 clients while `disturb` runs, each face repeated until it is acknowledged, and
 * follows the feed meanwhile.
 */
async function enrolDuring(
  store: Database,
  { id }: Collection,
  disturb: () => Promise<void>,
): Promise<void> {
  const acknowledged: string[] = []
  let next = 0
  let disturbing = true
  const start = await store.feed.latestCursor()
  const persons = await Promise.all(
    Array.from({ length: 16 }, (_, i) => store.persons.create(id, { name: `P${i}` })),
  )
  const enrol = async (personId: string): Promise<void> => {
    while (disturbing || next < 300) {
      const face = makeFace(next++)
      const { faces } = await untilServed(() => store.faces.add(id, personId, [face]))
      acknowledged.push(faces[0]!.id)
    }
  }
  const followed: Change[] = []
  const follow = async (): Promise<void> => {
    for (;;) {
      const last = !writing
      const page = await untilServed(() => store.feed.changes(followed.at(-1)?.cursor ?? start, 50))
      followed.push(...page)
      if (last && page.length === 0) return
      await pause(5)
    }
  }
  let writing = true
  const following = follow()
  const enrolling = Promise.all(persons.map((person) => enrol(person.id)))
  await pause(300)
  await disturb()
  await pause(300)
  disturbing = false
  await enrolling
  writing = false
  await following
  acknowledged.sort()
  const { faceIds } = await store.feed.embeddings({ id, modelId: 'test-model' }, { limit: 100_000 })
  expect(faceIds).toEqual(acknowledged)
  expect(acknowledged).toHaveLength(next)
  expect(followed.map((change) => change.faceId).sort()).toEqual(acknowledged)
  expect(await store.collections.counts(id)).toEqual({ persons: 16, faces: next })
  const counted = (await store.persons.list(id)).items.map((person) => person.faceCount)
  expect(counted.reduce((sum, count) => sum + count)).toBe(next)
}

/** Repeats `body` while the store answers that it cannot serve. */
async function untilServed<T>(body: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 40_000
  for (;;) {
    try {
      return await body()
    } catch (error) {
      const { code } = error as { code?: string }
      const passing = code === 'storeUnavailable' || code === 'storeBusy'
      if (!passing || Date.now() > deadline) throw error
      await pause(50)
    }
  }
}

async function readFeed(store: Database): Promise<Change[]> {
  const all: Change[] = []
  let cursor: Cursor | undefined
  for (;;) {
    const page = await store.feed.changes(cursor, 100)
    if (page.length === 0) return all
    all.push(...page)
    cursor = page.at(-1)!.cursor
  }
}

function countKind(changes: readonly Change[], kind: Change['kind']): number {
  return changes.filter((change) => change.kind === kind).length
}

async function edit(
  { url }: ReplicaSet,
  database: string,
  table: string,
  update: Record<string, unknown>,
): Promise<void> {
  const client = new MongoClient(url)
  await client.db(database).collection(table).updateOne({}, update)
  await client.close()
}

const nothing = { persons: 0, faces: 0, embeddings: 0, crops: 0, purges: 0, counters: 0 }

async function countDocuments(
  { url }: ReplicaSet,
  database: string,
): Promise<Record<string, number>> {
  const client = new MongoClient(url)
  const counts: Record<string, number> = {}
  for (const table of Object.keys(nothing)) {
    counts[table] = await client.db(database).collection(table).countDocuments()
  }
  await client.close()
  return counts
}

/** Writes until the oplog of 1 MB has nothing left of what it has now. */
async function cutOplog({ url }: ReplicaSet): Promise<void> {
  const client = new MongoClient(url)
  const oplog = client.db('local').collection<{ ts: Timestamp }>('oplog.rs')
  const end = async ($natural: 1 | -1) => (await oplog.findOne({}, { sort: { $natural } }))!.ts
  const newest = await end(-1)
  const isCut = async () => (await end(1)).greaterThan(newest)
  const filler = client.db(newDatabaseName()).collection('filler')
  const text = 'x'.repeat(100_000)
  for (let round = 0; round < 100 && !(await isCut()); round++) {
    await filler.insertMany(Array.from({ length: 20 }, () => ({ text })))
    await pause(100)
  }
  expect(await isCut()).toBe(true)
  await client.close()
}
