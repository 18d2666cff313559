import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRandom } from '../../src/platform/random.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const undoable = { undoable: true } as const
const operationsPerSeed = 200
const probes = Array.from({ length: 5 }, (_, i) => makeEmbedding(9000 + i))

/** What a gallery is: persons, faces with embeddings and crops, and what each probe finds. */
async function readGallery(store: Database, collection: Collection) {
  const { items } = await store.persons.list(collection.id, { limit: 1000 })
  const persons = items.map(({ updatedAt: _, revision: _revision, ...person }) => person)
  const faces = await store.transfer.readFaces(collection.id, { limit: 1000 })
  const counts = await store.collections.counts(collection.id)
  const answers = await Promise.all(
    probes.map(async (probe) => {
      const ranked = faces
        .map(({ id, embedding = probe }) => ({
          id,
          similarity: embedding.reduce((sum, value, i) => sum + value * (probe[i] ?? 0), 0),
        }))
        .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? -1 : 1))
        .slice(0, 5)
      const ids = ranked.map(({ id }) => id)
      const { owners } = await store.faces.lookUpNearest(collection, [ids])
      return owners.map(({ faceId, personId, personName }) => [faceId, personId, personName])
    }),
  )
  return { persons, faces, counts, answers }
}

/** Does something to the gallery; what is refused changes nothing. */
async function change(store: Database, collection: Collection, random: () => number) {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  const number = (below: number) => Math.floor(random() * below)
  const { id } = collection
  const persons = (await store.persons.list(id, { limit: 1000 })).items
  const faces = (await store.faces.list(id, { limit: 1000 })).items
  const person = pick(persons)
  const other = pick(persons)
  const face = pick(faces)
  const seed = number(60)
  const crop = makeCrop(Uint8Array.of(255, 216, seed))
  const newFace = makeFace(seed, random() < 0.5 ? { crop } : {})
  const kind = number(9)
  if (kind === 0 || persons.length < 3) {
    return store.faces.add(id, { name: `N${seed}`, metadata: { seed } }, [newFace])
  }
  if (kind === 1) return store.faces.add(id, person!.id, [newFace, makeFace(seed + 1)])
  if (kind === 2) return store.persons.create(id, { name: `P${seed}`, externalId: `x${seed}` })
  if (kind === 3) {
    return store.persons.update(id, person!.id, {
      name: `R${seed}`,
      ...(random() < 0.5 ? { metadata: { changed: seed } } : { aliases: [`A${seed}`] }),
      ...(random() < 0.3 ? { notes: `note ${seed}`, favourite: seed % 2 === 0 } : {}),
      ...(face?.personId === person!.id ? { coverFaceId: face.id } : {}),
    })
  }
  if (kind === 4) return store.persons.delete(id, person!.id, undoable)
  if (kind === 5 && face) return store.faces.delete(id, face.id, undoable)
  if (kind === 6 && face) {
    const ids = [...new Set([face.id, pick(faces)!.id])]
    const removeEmptied = random() < 0.5
    return store.faces.move(id, ids, person!.id, { removeEmptied, ...undoable })
  }
  if (kind === 7 && face) return store.faces.move(id, [face.id], { name: `S${seed}` }, undoable)
  if (other!.id === person!.id) return undefined
  return store.persons.merge(id, { into: person!.id, from: [other!.id] }, undoable)
}

/** Changes a gallery at random, then takes all back, the last one first; the same as after each step. */
async function checkSeed(store: Database, seed: number): Promise<void> {
  const name = `seed-${seed}`
  const collection = await makeCollection(store, { name, storeCrops: true })
  const random = createRandom(seed)
  const first = await readGallery(store, collection)
  let half: unknown
  const middle = operationsPerSeed / 2
  let entriesAtMiddle = 0
  const list = async () => {
    const entries = []
    let cursor: string | undefined
    do {
      const page = await store.history.list(collection.id, {
        limit: 1000,
        ...(cursor === undefined ? {} : { cursor }),
      })
      entries.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== undefined)
    return entries
  }
  for (let done = 0; done < operationsPerSeed; done++) {
    if (done === middle) {
      half = await readGallery(store, collection)
      entriesAtMiddle = (await list()).length
    }
    await change(store, collection, random).catch((error: { code?: string }) => {
      if (!['externalIdTaken', 'invalidOption'].includes(error.code ?? '')) throw error
    })
  }
  const last = await readGallery(store, collection)
  const entries = await list()
  const undone: string[] = []
  for (const [i, entry] of entries.entries()) {
    if (entries.length - i === entriesAtMiddle) {
      expect(await readGallery(store, collection), `seed ${seed}, half`).toEqual(half)
    }
    undone.push((await store.history.undo(collection.id, entry.id, undoable)).id)
  }
  expect(await readGallery(store, collection), `seed ${seed}`).toEqual(first)
  for (const id of undone.reverse()) await store.history.undo(collection.id, id, undoable)
  expect(await readGallery(store, collection), `seed ${seed}, again`).toEqual(last)
  await store.collections.delete(name)
}

describe(`${operationsPerSeed} changes at random, taken back from the last one`, () => {
  const seeds = Number(process.env.FACE_WATCHER_HISTORY_SEEDS ?? 20)

  it('give the gallery of before on SQLite, and done again the one of after', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-history-'))
    const store = await createSqliteStore({ file: join(directory, 'gallery.db') })
    try {
      for (let seed = 1; seed <= seeds; seed++) await checkSeed(store, seed)
    } finally {
      await store.close()
      await rm(directory, { recursive: true, force: true })
    }
  }, 1_200_000)

  const skipReason = whyNoMongod({ own: false })
  describe.skipIf(skipReason)(`MongoDB${skipReason ? ` (${skipReason})` : ''}`, () => {
    let server: TestServer
    beforeAll(async () => {
      server = await openTestServer()
    })
    afterAll(() => server?.stop())

    it('give the gallery of before on another node, and done again the one of after', async () => {
      const database = newDatabaseName()
      const store = await createMongodbStore({ url: server.url, database, timeoutMs: 30_000 })
      const other = await createMongodbStore({ url: server.url, database, timeoutMs: 30_000 })
      try {
        const mixed = { ...store, history: other.history }
        const some = process.env.FACE_WATCHER_HISTORY_SEEDS === undefined ? 1 : seeds
        for (let seed = 1; seed <= some; seed++) await checkSeed(mixed, seed)
      } finally {
        await store.close()
        await other.close()
        const admin = new MongoClient(server.url)
        await admin.db(database).dropDatabase()
        await admin.close()
      }
    }, 3_600_000)
  })
})
