import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import { createRandom } from '../../src/platform/random.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import type { Statement } from '../../src/storage/ports/statements.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

const undoable = { undoable: true } as const
const operationsPerSeed = 200
const probes = Array.from({ length: 5 }, (_, i) => makeEmbedding(9000 + i))

/** A store, and the gallery that keeps an index in step with it, as a node has them. */
interface Node {
  readonly store: Database
  readonly gallery: Gallery
  close(): Promise<void>
}

async function openNode(store: Database): Promise<Node> {
  const gallery = await createGallery({ store, provider: createExactProvider(), pollMs: 20 })
  return {
    store,
    gallery,
    async close() {
      await gallery.close()
      await store.close()
    },
  }
}

type Said = Pick<Statement, 'id' | 'personId' | 'imageHash'>

/** What a gallery is: persons, faces with embeddings and crops, and what each probe finds. */
async function readGallery(nodes: readonly Node[], collection: Collection) {
  const [{ store }] = nodes as readonly [Node]
  const { items } = await store.persons.list(collection.id, { limit: 1000 })
  const persons = items.map(({ updatedAt: _, revision: _revision, ...person }) => person)
  const faces = await store.transfer.readFaces(collection.id, { limit: 1000 })
  const aside = await Promise.all(
    items.map(async ({ id }) =>
      (await store.setAside.list(collection.id, id)).items.map(
        ({ setAsideAt: _, ...face }) => face,
      ),
    ),
  )
  const counts = await store.collections.counts(collection.id)
  const all = Float32Array.from(probes.flatMap((probe) => [...probe]))
  const found = await Promise.all(
    nodes.map(async ({ gallery }) => {
      await gallery.catchUp()
      const nearest = await gallery.searchFaces(collection, all, 10)
      const ranked = await gallery.search(collection, all, { persons: 5 })
      return {
        nearest,
        ranked: ranked.map(({ collection: _, ...result }) => result),
        differences: await gallery.verifyIndex(collection),
      }
    }),
  )
  for (const { nearest, ranked, differences } of found) {
    expect(differences).toMatchObject({ missing: [], surplus: [], different: [] })
    // Of nodes that share a database each finds the same.
    expect({ nearest, ranked }).toEqual({ nearest: found[0]!.nearest, ranked: found[0]!.ranked })
  }
  const statements = (await store.statements.list(collection.id, { limit: 1000 })).items
  return {
    persons,
    faces,
    aside,
    counts,
    nearest: found[0]!.nearest,
    ranked: found[0]!.ranked,
    statements,
  }
}

type GalleryState = Awaited<ReturnType<typeof readGallery>>

/**
 * Expects the gallery of before. What was said is no change, so no undo takes it back: of the statements
 * of before each is there, or somebody has said a newer word of the same person and image since; and
 * none is there that nobody said. What is found is compared where nothing was said since.
 */
function expectSame(
  now: GalleryState,
  before: GalleryState,
  { since, message }: { readonly since: readonly Said[]; readonly message: string },
): void {
  const { statements, ranked, ...rest } = now
  const { statements: earlier, ranked: found, ...expected } = before
  expect(rest, message).toEqual(expected)
  if (since.length === 0) expect(ranked, message).toEqual(found)
  const saidAgain = (one: Said) =>
    since.some((said) => said.personId === one.personId && said.imageHash === one.imageHash)
  const ids = new Set(since.map(({ id }) => id))
  expect(
    statements.filter(({ id }) => !ids.has(id)),
    message,
  ).toEqual(earlier.filter((one) => !saidAgain(one) || statements.some(({ id }) => id === one.id)))
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
  const kind = number(11)
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
  if (kind === 9 && face) return store.setAside.add(id, face.personId, [face.id])
  if (kind === 10 && person) {
    const { items } = await store.setAside.list(id, person.id)
    const aside = pick(items)
    return aside && store.setAside.restore(id, person.id, [aside.id])
  }
  if (other!.id === person!.id) return undefined
  return store.persons.merge(id, { into: person!.id, from: [other!.id] }, undoable)
}

/** Says something of a face and a person at random; what may not be said is not. */
async function say(
  store: Database,
  collection: Collection,
  random: () => number,
): Promise<Said | undefined> {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)]
  const person = pick((await store.persons.list(collection.id, { limit: 1000 })).items)
  const face = pick((await store.faces.list(collection.id, { limit: 1000 })).items)
  const kind = random() < 0.7 ? 'rejection' : 'confirmation'
  const seed = Math.floor(random() * 60)
  const { embedding, modelId, imageHash, box } = makeFace(seed)
  const stored = random() < 0.5
  if (person === undefined || face === undefined) return undefined
  const of = stored ? { faceId: face.id } : { embedding, modelId, imageHash, ...(box && { box }) }
  try {
    const { statement, alreadyStated } = await store.statements.add(collection.id, person.id, {
      kind,
      of,
    })
    return alreadyStated ? undefined : statement
  } catch (error) {
    if ((error as { code?: string }).code !== 'faceOfPerson') throw error
    return undefined
  }
}

/**
 * Changes a gallery at random, then takes all back, the last one first; the same as after each step.
 *
 * @param nodes  the first one changes the gallery, the last one takes back
 */
async function checkSeed(nodes: readonly Node[], seed: number): Promise<void> {
  const { store } = nodes[0] as Node
  const { history } = (nodes.at(-1) as Node).store
  const name = `seed-${seed}`
  const collection = await makeCollection(store, { name, storeCrops: true })
  const random = createRandom(seed)
  const read = () => readGallery(nodes, collection)
  const first = await read()
  let half: GalleryState | undefined
  const middle = operationsPerSeed / 2
  let entriesAtMiddle = 0
  const said: Said[] = []
  let saidAtMiddle = 0
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
      half = await read()
      entriesAtMiddle = (await list()).length
      saidAtMiddle = said.length
    }
    await change(store, collection, random).catch((error: { code?: string }) => {
      if (!['externalIdTaken', 'invalidOption'].includes(error.code ?? '')) throw error
    })
    // Every other seed says nothing later than half-way, so that searches can be compared there, too.
    if (random() < 0.2 && (seed % 2 === 0 || done < middle)) {
      const statement = await say(store, collection, random)
      if (statement) said.push(statement)
    }
  }
  const last = await read()
  const entries = await list()
  const undone: string[] = []
  for (const [i, entry] of entries.entries()) {
    if (entries.length - i === entriesAtMiddle) {
      const since = said.slice(saidAtMiddle)
      expectSame(await read(), half as GalleryState, { since, message: `seed ${seed}, half` })
    }
    undone.push((await history.undo(collection.id, entry.id, undoable)).id)
  }
  expectSame(await read(), first, { since: said, message: `seed ${seed}` })
  for (const id of undone.reverse()) await history.undo(collection.id, id, undoable)
  expectSame(await read(), last, { since: [], message: `seed ${seed}, again` })
  await (nodes[0] as Node).gallery.collections.delete(name)
}

describe(`${operationsPerSeed} changes at random, taken back from the last one`, () => {
  const seeds = Number(process.env.FACE_WATCHER_HISTORY_SEEDS ?? 20)

  it('give the gallery of before on SQLite, and done again the one of after', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'face-watcher-history-'))
    const node = await openNode(await createSqliteStore({ file: join(directory, 'gallery.db') }))
    try {
      for (let seed = 1; seed <= seeds; seed++) await checkSeed([node], seed)
    } finally {
      await node.close()
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
      const options = { url: server.url, database, timeoutMs: 30_000 }
      const nodes: Node[] = []
      try {
        for (let i = 0; i < 2; i++) nodes.push(await openNode(await createMongodbStore(options)))
        const some = process.env.FACE_WATCHER_HISTORY_SEEDS === undefined ? 1 : seeds
        for (let seed = 1; seed <= some; seed++) await checkSeed(nodes, seed)
      } finally {
        for (const node of nodes) await node.close()
        const admin = new MongoClient(server.url)
        await admin.db(database).dropDatabase()
        await admin.close()
      }
    }, 3_600_000)
  })
})
