import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restRanks } from '../../src/core/probe-shift.ts'
import { dotProduct } from '../../src/core/similarity.ts'
import { createGallery, type ProbeResult } from '../../src/gallery/gallery.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import { createFaissProvider, faissVersion } from '../../src/search/faiss/provider.ts'
import { createMilvusProvider } from '../../src/search/milvus/provider.ts'
import type { VectorIndexProvider } from '../../src/search/vector-index.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createClusteredVectors } from '../contract/vector-index-oracle.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import { createScratch, type Scratch } from '../helpers/moved-gallery.ts'
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newMilvusPrefix, openTestMilvus, type TestMilvus, whyNoMilvus } from '../servers/milvus.ts'
import { newDatabaseName, openTestServer, type TestServer, whyNoMongod } from '../servers/mongod.ts'

// What a search answers beside names (the mean of a person, the rest of the gallery) is the same
// whatever keeps the faces and the vectors.
const dimension = 64
const persons = 200
const facesPerPerson = 3
const faceCount = persons * facesPerPerson
const probeCount = 20
// Row i belongs to person i modulo `persons`; the last rows are the probes, of the first persons.
const rows = createClusteredVectors(faceCount + probeCount, dimension, {
  seed: 3,
  centres: persons,
})
const rowAt = (i: number) => rows.slice(i * dimension, (i + 1) * dimension)
const rowsOf = (person: number) =>
  Array.from({ length: facesPerPerson }, (_, i) => rowAt(person + i * persons))
const probes = rows.slice(faceCount * dimension)
const noFaiss = faissVersion() === undefined ? 'npm run build:faiss' : undefined
const noMongod = whyNoMongod({ own: false })
const noMilvus = whyNoMilvus({ own: false })

/** Of the person the probe is of, in float64. */
function expectedOf(person: number): { similarity: number; rest: number[]; byMean: boolean } {
  const probe = rowAt(faceCount + person)
  const faces = rowsOf(person)
  const mean = Float64Array.from({ length: dimension }, (_, i) =>
    faces.reduce((sum, face) => sum + face[i]!, 0),
  )
  const cosine = mean.reduce((sum, value, i) => sum + value * probe[i]!, 0) / Math.hypot(...mean)
  const nearest = Math.max(...faces.map((face) => dotProduct(face, probe)))
  const rest = Array.from({ length: faceCount }, (_, i) => i)
    .filter((i) => i % persons !== person)
    .map((i) => dotProduct(rowAt(i), probe))
    .sort((a, b) => b - a)
    .slice(0, restRanks(faceCount - facesPerPerson))
  return { similarity: Math.max(nearest, cosine), rest, byMean: cosine > nearest }
}

async function fill(store: Database): Promise<Collection> {
  const collection = await makeCollection(store, { dimension })
  for (let person = 0; person < persons; person++) {
    const faces = rowsOf(person).map((embedding, i) =>
      makeFace(person + i * persons, { embedding }),
    )
    await store.faces.add(collection.id, { name: `P${person}` }, faces)
  }
  return collection
}

/** @param missed  a similarity of the rest that an approximate index may leave out, of each probe */
function expectAnswers(
  found: readonly ProbeResult[],
  { atLeast, missed }: { readonly atLeast: number; readonly missed: number },
): void {
  expect(found).toHaveLength(probeCount)
  let byMean = 0
  for (const [person, { gallerySize, persons: ranked, rest }] of found.entries()) {
    const expected = expectedOf(person)
    if (expected.byMean) byMean++
    expect(gallerySize).toBe(faceCount)
    expect(ranked[0]?.name).toBe(`P${person}`)
    expect(ranked[0]?.similarity).toBeCloseTo(expected.similarity, 5)
    expect(rest?.faces).toBe(faceCount - facesPerPerson)
    const similarities = Array.from(rest?.similarities ?? [])
    expect(similarities.length).toBeGreaterThanOrEqual(atLeast)
    expect(similarities.length).toBeLessThanOrEqual(expected.rest.length)
    const isThere = (wanted: number) => similarities.some((one) => Math.abs(one - wanted) < 1e-5)
    const left = expected.rest.slice(0, atLeast).filter((wanted) => !isThere(wanted))
    expect(left.length).toBeLessThanOrEqual(missed)
  }
  expect(byMean).toBeGreaterThan(probeCount / 2)
}

async function search(
  store: Database,
  { provider, collection }: { provider: VectorIndexProvider; collection: Collection },
): Promise<readonly ProbeResult[]> {
  const gallery = await createGallery({ store, provider })
  try {
    await gallery.catchUp()
    await gallery.rebuildIndex(collection)
    return await gallery.search(collection, probes, { persons: 1 })
  } finally {
    await gallery.close()
  }
}

const all = restRanks(faceCount - facesPerPerson)
/** A lossy index is asked for 24 faces, of which three are the person's own. */
const lossy = 21

describe('what a search over SQLite answers', () => {
  let scratch: Scratch
  let store: Database
  let collection: Collection

  beforeAll(async () => {
    scratch = await createScratch()
    store = await scratch.openStore(join(scratch.directory, 'gallery.sqlite'))
    collection = await fill(store)
  })
  afterAll(() => scratch?.dispose())

  it('is exact with the exact index', async () => {
    const provider = createExactProvider()
    expectAnswers(await search(store, { provider, collection }), { atLeast: all, missed: 0 })
  })

  it.skipIf(noFaiss).each([
    { factory: 'Flat', atLeast: all, missed: 0 },
    { factory: 'HNSW32', atLeast: all, missed: 2 },
    { factory: 'HNSW32_SQ8', atLeast: lossy, missed: 2 },
  ])(nameWithReason('is near that with FAISS $factory', noFaiss), async ({ factory, ...rest }) => {
    const provider = createFaissProvider({ factory })
    expectAnswers(await search(store, { provider, collection }), rest)
  })
})

const name = nameWithReason('what a search over MongoDB answers', noMongod)
describe.skipIf(noMongod)(name, { timeout: 120_000 }, () => {
  const database = newDatabaseName()
  let server: TestServer
  let store: Database
  let collection: Collection
  let milvus: TestMilvus | undefined

  beforeAll(async () => {
    server = await openTestServer()
    store = await createMongodbStore({ url: server.url, database })
    collection = await fill(store)
  })
  afterAll(async () => {
    await milvus?.stop()
    await store?.close()
    if (!server) return
    const admin = await MongoClient.connect(server.url)
    await admin.db(database).dropDatabase()
    await admin.close()
    await server.stop()
  })

  it('is exact with the exact index', async () => {
    const provider = createExactProvider()
    expectAnswers(await search(store, { provider, collection }), { atLeast: all, missed: 0 })
  })

  it.skipIf(noMilvus)(nameWithReason('is exact with Milvus FLAT', noMilvus), async () => {
    milvus = await openTestMilvus()
    const provider = createMilvusProvider({
      address: milvus.address,
      prefix: newMilvusPrefix(),
      indexType: 'FLAT',
    })
    expectAnswers(await search(store, { provider, collection }), { atLeast: all, missed: 0 })
  })
})
