import { type Db, type Document, MongoClient } from 'mongodb'
import { ulid } from 'ulid'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { expectCode } from '../helpers/expect-code.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import {
  newDatabaseName,
  type ReplicaSet,
  startReplicaSet,
  whyNoMongod,
} from '../servers/mongod.ts'

const skipReason = whyNoMongod({ own: true })
const title = `gallery store on MongoDB: migration${skipReason ? ` (${skipReason})` : ''}`

/** What persons of versions 1 and 2 do not have. */
const laterFields = [
  ...['aliases', 'folded', 'words', 'sortName', 'hidden', 'favourite', 'revision', 'lastSeenAt'],
]

interface Numbered extends Document {
  readonly _id: string
}

describe.skipIf(skipReason)(title, () => {
  let replicaSet: ReplicaSet
  let client: MongoClient
  let database: string
  let db: Db
  const stores: Database[] = []

  beforeAll(async () => {
    replicaSet = await startReplicaSet({ members: 1 })
    client = new MongoClient(replicaSet.url)
  })

  afterAll(async () => {
    await client?.close()
    await replicaSet?.stop()
  })

  beforeEach(() => {
    database = newDatabaseName()
    db = client.db(database)
  })

  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close()
    await db.dropDatabase()
  })

  async function open(): Promise<Database> {
    const store = await createMongodbStore({ url: replicaSet.url, database })
    stores.push(store)
    return store
  }

  const table = (name: string) => db.collection<Numbered>(name)
  const readMeta = () => table('meta').findOne({ _id: 'database' })

  /** A database as version 1 left it. @returns what it held, and its only collection */
  async function makeEarlier(faces: number): Promise<{ collection: Collection; batch: unknown }> {
    const store = await open()
    const collection = await makeCollection(store)
    const given = Array.from({ length: faces }, (_, i) => makeFace(i))
    await store.faces.add(collection.id, { name: 'Ann' }, given)
    const batch = await store.feed.embeddings(collection, { limit: 10_000 })
    await stores.pop()?.close()
    for (const collMod of ['collections', 'persons', 'faces', 'changes', 'purges']) {
      await db.command({ collMod, validator: {} })
    }
    const moves = await table('embeddings').find().toArray()
    await table('faces').bulkWrite(
      moves.map(({ faceId, modelId, embedding }) => ({
        updateOne: { filter: { _id: faceId }, update: { $set: { modelId, embedding } } },
      })),
    )
    await table('embeddings').drop()
    await table('collections').updateMany({}, { $unset: { indexId: '' } })
    await table('persons').updateMany({}, [
      { $set: { nameFolded: '$folded' } },
      { $unset: laterFields },
    ])
    await table('meta').updateOne(
      {},
      { $set: { schemaVersion: 1 }, $unset: { contentVersion: '' } },
    )
    return { collection, batch }
  }

  /** What a program of version 1 does when a face is added to a person. */
  async function enrolAsEarlier({ id: collectionId }: Collection, seed: number): Promise<string> {
    const _id = ulid()
    const { embedding, ...face } = makeFace(seed)
    const person = await table('persons').findOne({ collectionId })
    await client.withSession((session) =>
      session.withTransaction(async () => {
        const personId = person?._id
        const document = { ...face, _id, collectionId, personId, hasCrop: false }
        const createdAt = new Date().toISOString()
        await table('persons').updateOne(
          { _id: String(personId) },
          { $inc: { faceCount: 1 } },
          { session },
        )
        const bytes = Buffer.from(new Uint8Array(embedding.buffer))
        await table('faces').insertOne({ ...document, createdAt, embedding: bytes }, { session })
        const change = { kind: 'faceAdded', collectionId, faceId: _id, at: new Date() }
        await db.collection('changes').insertOne(change, { session })
        const counter = { _id: `${collectionId}:0` }
        await table('counters').updateOne(counter, { $inc: { faces: 1 } }, { session })
      }),
    )
    return _id
  }

  it('moves the embeddings, and reads on from the cursors of before', async () => {
    const { collection, batch } = await makeEarlier(3)
    const { items: before } = await (await open()).faces.list(collection.id)
    const inFaces = { embedding: { $exists: true } }
    expect(await table('faces').findOne(inFaces)).toBe(null)
    const store = stores[0]!
    expect(await store.feed.embeddings(collection, { limit: 10 })).toEqual(batch)
    expect(await store.collections.get('default')).toEqual(collection)
    expect(before.map((face) => face.modelId)).toEqual(Array(3).fill('test-model'))
    expect(before.some((face) => face.missingEmbedding)).toBe(false)
    expect(await readMeta()).toMatchObject({ schemaVersion: 3, contentVersion: 3 })
    expect(await store.feed.changes(undefined, 10)).toHaveLength(3)
  })

  it('gives persons the fields that they lack, and finds them by words', async () => {
    const { collection } = await makeEarlier(1)
    const person = await table('persons').findOne({ nameFolded: 'ann' })
    expect(person).not.toHaveProperty('words')
    const store = await open()
    const { items } = await store.persons.list(collection.id, { query: 'AN', sort: 'name' })
    expect(items).toEqual([await store.persons.get(collection.id, person?._id ?? '')])
    const given = { aliases: [], hidden: false, favourite: false, revision: 1, faceCount: 1 }
    expect(items).toMatchObject([{ name: 'Ann', ...given }])
    expect(items[0]).not.toHaveProperty('lastSeenAt')
    expect(await table('persons').findOne({ nameFolded: { $exists: true } })).toBe(null)
    const earlier = { name: 'Bob', nameFolded: 'bob', metadata: '{}', faceCount: 0 }
    const times = { createdAt: '', updatedAt: '' }
    const insert = { _id: ulid(), collectionId: collection.id, ...earlier, ...times }
    await expect(table('persons').insertOne(insert)).rejects.toMatchObject({ code: 121 })
    await expect(
      table('persons').updateOne({ name: 'Ann' }, { $set: { nameFolded: 'bea' } }),
    ).rejects.toMatchObject({ code: 121 })
  })

  it('tells the model of changes that did not name it', async () => {
    const { collection } = await makeEarlier(1)
    const face = await enrolAsEarlier(collection, 5)
    const gone = await enrolAsEarlier(collection, 6)
    const store = await open()
    await store.faces.delete(collection.id, gone)
    const read = async () => (await store.feed.changes(undefined, 10)).slice(1, 3)
    const { embeddings } = await store.faces.getEmbeddings(collection, { faceId: face })
    const { modelId } = collection
    expect(await read()).toMatchObject([
      { kind: 'faceAdded', faceId: face, modelId, embedding: embeddings },
      { kind: 'faceAdded', faceId: gone, modelId },
    ])
    // Also when another model answers; not when the collection has it no more.
    const better = { ...collection, modelId: 'better', dimension: 4 }
    const begun = await store.secondModels.begin(collection.id, better)
    const switched = await store.secondModels.switchTo(begun)
    expect(await read()).toMatchObject([{ modelId, embedding: embeddings }, { modelId }])
    await store.secondModels.end(switched!)
    for (const change of await read()) {
      expect(change).not.toHaveProperty('modelId')
      expect(change).not.toHaveProperty('embedding')
    }
  })

  it('goes on where it was interrupted, and keeps earlier programs out until then', async () => {
    const { collection, batch } = await makeEarlier(700)
    await replicaSet.command({
      configureFailPoint: 'failCommand',
      mode: { skip: 1 },
      data: {
        failCommands: ['insert'],
        namespace: `${database}.embeddings`,
        errorCode: 14_031,
      },
    })
    try {
      await expectCode(open(), 'storeFull')
    } finally {
      await replicaSet.command({ configureFailPoint: 'failCommand', mode: 'off' })
    }
    expect(await table('embeddings').countDocuments()).toBe(500)
    const meta = await readMeta()
    expect(meta).toMatchObject({ schemaVersion: 3 })
    expect(meta).not.toHaveProperty('contentVersion')
    const store = await open()
    expect(await store.feed.embeddings(collection, { limit: 1000 })).toEqual(batch)
    expect(await store.secondModels.countLacking(collection)).toBe(0)
  })

  it('lets several programs migrate at once, the first of which goes on to delete', async () => {
    const { collection } = await makeEarlier(1200)
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        const store = await open()
        const { items } = await store.faces.list(collection.id, { limit: 100 })
        await Promise.allSettled(items.map(({ id }) => store.faces.delete(collection.id, id)))
      }),
    )
    // A deletion that was given up may still run, or be committed, until its program has ended.
    for (const store of stores.splice(0)) await store.close()
    const store = await open()
    const faces = await table('faces').find().sort({ _id: 1 }).toArray()
    const batch = await store.feed.embeddings(collection, { limit: 2000 })
    expect(batch.faceIds).toEqual(faces.map(({ _id }) => _id))
    expect(await store.collections.counts(collection.id)).toMatchObject({ faces: faces.length })
  })

  it('loses nothing of an earlier program that writes meanwhile, and refuses it then', async () => {
    const { collection } = await makeEarlier(1000)
    const acknowledged: string[] = []
    const writing = (async () => {
      for (let seed = 2000; ; seed++) acknowledged.push(await enrolAsEarlier(collection, seed))
    })()
    const refused = expect(writing).rejects.toMatchObject({ code: 121 })
    await expect.poll(() => acknowledged.length).toBeGreaterThan(3)
    const store = await open()
    await refused
    const { faceIds } = await store.feed.embeddings(collection, { limit: 10_000 })
    expect(faceIds).toEqual(expect.arrayContaining(acknowledged))
    expect(faceIds).toHaveLength(1000 + acknowledged.length)
    expect(await store.collections.counts(collection.id)).toMatchObject({ faces: faceIds.length })
    const { items } = await store.persons.list(collection.id)
    expect(items).toMatchObject([{ faceCount: faceIds.length }])
  })

  it.each(['migrated', 'new'])(
    'refuses what an earlier program writes in a %s one',
    async (kind) => {
      const made = kind === 'new' ? await makeCollection(await open()) : undefined
      const collection = made ?? (await makeEarlier(1)).collection
      const store = stores[0] ?? (await open())
      if (made) await store.faces.add(made.id, { name: 'Ann' }, [makeFace(0)])
      const { id: collectionId } = collection
      const refusal = { code: 121 }
      await expect(enrolAsEarlier(collection, 9)).rejects.toMatchObject(refusal)
      const removed = { kind: 'faceRemoved', collectionId, faceId: ulid(), at: new Date() }
      await expect(db.collection('changes').insertOne(removed)).rejects.toMatchObject(refusal)
      const { id: _, indexId: __, ...fields } = collection
      await expect(
        table('collections').replaceOne({ _id: collectionId }, { ...fields, name: 'renamed' }),
      ).rejects.toMatchObject(refusal)
      // What is left of a deleted collection or job, and who goes on to remove it.
      await expect(table('purges').insertOne({ _id: ulid(), batches: 0 })).rejects.toMatchObject(
        refusal,
      )
      await table('purges').insertOne({ _id: 'left', rounds: 0 })
      await expect(
        table('purges').updateOne({ _id: 'left' }, { $inc: { batches: 1 } }),
      ).rejects.toMatchObject(refusal)
      expect(await store.collections.counts(collectionId)).toEqual({ persons: 1, faces: 1 })
      expect(await store.collections.get('default')).toEqual(collection)
    },
  )

  it('removes what an earlier program left of a deleted collection', async () => {
    const { collection } = await makeEarlier(600)
    await table('collections').deleteMany({})
    await table('purges').insertOne({ _id: collection.id, batches: 3 })
    await open()
    const left = async () =>
      Promise.all(['faces', 'embeddings', 'purges'].map((name) => table(name).countDocuments()))
    await expect.poll(left, { timeout: 10_000 }).toEqual([0, 0, 0])
  })
})
