import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { findBytes } from '../helpers/data-bytes.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { placeStranger } from '../helpers/place-stranger.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const undoable = { undoable: true } as const
const later = '9999-01-01T00:00:00.000Z'
const dimension = 32
const strangerId = '01ARZ3NDEKTSV4RRFFQ69G5F0A'
// The person's faces and what was said or seen, by what becomes of them.
const seeds = { kept: 1, deleted: 2, merged: 3, confirmed: 4, rejected: 5, seen: 6, moved: 7 }
const others = [100, 101, 102]

type Traces = Readonly<Record<string, Buffer>>

const faceOf = (seed: number) =>
  makeFace(seed, {
    embedding: makeEmbedding(seed, dimension),
    crop: makeCrop(cropOf(seed)),
  })

function cropOf(seed: number): Uint8Array {
  return Uint8Array.from(Buffer.from(`crop of the face with number ${seed}.`))
}

/** A collection in which a person has left traces of every kind. */
async function fill(store: Database): Promise<{
  readonly collection: Collection
  readonly personId: string
  readonly traces: Traces
}> {
  const collection = await makeCollection(store, { dimension, storeCrops: true })
  const { id } = collection
  const add = async (name: string, seed: number) => {
    const { person, faces } = await store.faces.add(id, { name }, [faceOf(seed)])
    return { id: person.id, faceId: faces[0]!.id }
  }
  const [bob] = await Promise.all(others.map((seed) => add(`Somebody ${seed}`, seed)))
  const said = (seed: number) => {
    const { embedding, modelId, imageHash, box } = faceOf(seed)
    return { embedding, modelId, imageHash, ...(box && { box }) }
  }

  const person = await store.persons.create(id, {
    ...{ name: 'Wilhelmina Traceless', aliases: ['Mina Otherwise'], externalId: 'badge-of-mina' },
    ...{ notes: 'notes-about-wilhelmina', metadata: { key: 'metadata-of-wilhelmina' } },
  })
  const personId = person.id
  await store.persons.update(id, personId, { name: 'Wilhelmine Afterwards' })
  const own = await store.faces.add(id, personId, [faceOf(seeds.kept), faceOf(seeds.deleted)])
  const [kept, deleted] = own.faces.map((face) => face.id) as [string, string]
  await store.faces.delete(id, deleted, undoable)
  const merged = await add('Minna Merged', seeds.merged)
  await store.persons.merge(id, { into: personId, from: [merged.id] }, undoable)
  await store.statements.add(id, personId, { kind: 'confirmation', of: said(seeds.confirmed) })
  await store.statements.add(id, bob!.id, { kind: 'rejection', of: { faceId: kept } })
  // Enrolling what was rejected revokes the rejection, which can be put back.
  await store.statements.add(id, personId, { kind: 'rejection', of: said(seeds.rejected) })
  await store.faces.add(id, personId, [faceOf(seeds.rejected)])
  const moved = await add('Wanda Moved', seeds.moved)
  await store.faces.move(id, [moved.faceId], personId, { removeEmptied: true, ...undoable })

  const sighting = {
    ...{ modelId: collection.modelId, seenAt: '2026-01-01T00:00:00.000Z', source: 'Door of Mina' },
    ...{ embedding: makeEmbedding(seeds.seen, dimension), crop: makeCrop(cropOf(seeds.seen)) },
  }
  await placeStranger(store.strangers, collection, { id: strangerId, sightings: [sighting] })
  await store.strangers.assign(id, strangerId, { personId, anchorId: kept })

  await store.answers.claim('key', 'hash')
  const body = JSON.stringify({ person: await store.persons.get(id, personId) })
  await store.answers.complete('key', { status: 200, body })
  const job = await store.jobs.create(
    { kind: 'test', collectionId: id, input: {} },
    { leaseMs: 60_000 },
  )
  const item = { rejected: false, personId, body: { faceId: kept, file: 'file-of-wilhelmina.jpg' } }
  await store.jobs.end({ id: job.id, attempt: 1 }, { state: 'done', result: {}, items: [item] })

  const texts = [
    ...['Wilhelmina Traceless', 'Mina Otherwise', 'badge-of-mina', 'notes-about-wilhelmina'],
    ...['metadata-of-wilhelmina', 'Wilhelmine Afterwards', 'Minna Merged'],
    ...['Door of Mina', 'file-of-wilhelmina.jpg'],
  ]
  const ofSeeds = Object.entries(seeds).flatMap(([what, seed]) => [
    [`embedding, ${what}`, Buffer.from(makeEmbedding(seed, dimension).buffer)] as const,
    [`crop, ${what}`, Buffer.from(cropOf(seed))] as const,
    [`image, ${what}`, Buffer.from(faceOf(seed).imageHash)] as const,
  ])
  // There is no photograph of what was seen, and no crop of what was said.
  const never = new Set(['image, seen', 'crop, confirmed'])
  const traces = Object.fromEntries([
    ...texts.map((text) => [text, Buffer.from(text)] as const),
    ...ofSeeds.filter(([what]) => !never.has(what)),
  ])
  return { collection, personId, traces }
}

const ways: Readonly<
  Record<string, (store: Database, collectionId: string, personId: string) => Promise<void>>
> = {
  'the undo period was over': async (store, collectionId, personId) => {
    await store.persons.delete(collectionId, personId, undoable)
    while ((await store.history.eraseTrash(later, 3)) === 3);
  },
  'it was erased at once': async (store, collectionId, personId) => {
    await store.persons.delete(collectionId, personId)
  },
  'it was deleted and then erased at once': async (store, collectionId, personId) => {
    await store.persons.delete(collectionId, personId, undoable)
    await store.persons.delete(collectionId, personId)
  },
}

/** @param find  which of the traces are there, after the store was closed */
function describeErasure(
  open: () => Promise<Database>,
  find: (traces: Traces) => Promise<readonly string[]>,
): void {
  it.each(Object.keys(ways))('after %s', { timeout: 120_000 }, async (way) => {
    const store = await open()
    const { collection, personId, traces } = await fill(store)
    await store.close()
    const before = (await find(traces)).join('\n')
    // Otherwise nothing that follows would mean anything.
    for (const what of Object.keys(traces)) expect(before).toContain(`: ${what}`)
    const again = await open()
    await ways[way]?.(again, collection.id, personId)
    expect(await again.collections.counts(collection.id)).toEqual({ persons: 3, faces: 3 })
    await again.close()
    expect(await find(traces)).toEqual([])
    const rest = Object.fromEntries(
      others.map((seed) => [`crop ${seed}`, Buffer.from(cropOf(seed))]),
    )
    expect((await find(rest)).length).toBeGreaterThanOrEqual(others.length)
  })
}

describe('no byte of a person is in the files of SQLite', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-erased-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  describeErasure(
    () => createSqliteStore({ file: join(directory, 'gallery.sqlite') }),
    (traces) => findBytes(directory, traces),
  )
})

const skipReason = whyNoMongod({ own: false })
describe.skipIf(skipReason)(
  nameWithReason('no document of MongoDB has a byte of a person', skipReason),
  () => {
    let server: TestServer
    let client: MongoClient
    let database: string
    beforeAll(async () => {
      server = await openTestServer()
      client = await MongoClient.connect(server.url)
    })
    beforeEach(() => {
      database = newDatabaseName()
    })
    afterEach(() => client.db(database).dropDatabase())
    afterAll(async () => {
      await client?.close()
      await server?.stop()
    })

    async function find(traces: Traces): Promise<readonly string[]> {
      const db = client.db(database)
      const found: string[] = []
      for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
        const documents = db.collection(name).find({}, { raw: true })
        for await (const document of documents) {
          for (const [what, sequence] of Object.entries(traces)) {
            if ((document as unknown as Buffer).includes(sequence)) found.push(`${name}: ${what}`)
          }
        }
      }
      return found.sort()
    }

    describeErasure(
      () => createMongodbStore({ url: server.url, database, timeoutMs: 30_000 }),
      find,
    )
  },
)
