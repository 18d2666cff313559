import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BSON, MongoClient } from 'mongodb'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import type { Database } from '../../src/storage/database.ts'
import { createMongodbStore } from '../../src/storage/mongodb/mongodb-store.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import answers from '../fixtures/database/answers.json' with { type: 'json' }
import { nameWithReason } from '../helpers/skip-reason.ts'
import { newDatabaseName, openTestServer, whyNoMongod } from '../servers/mongod.ts'

// gallery.sqlite, indexes/ and answers.json were written by the build of commit f328d22: eight people
// with two faces each (face 10 p and 10 p + 1 of person p), of whom one was deleted, one lost a face,
// and one was renamed; then what that build answered. mongodb.json is what the same build's MongoDB
// store had of them after it was given the same people, and made and deleted one more.
const fixture = fileURLToPath(new URL('../fixtures/database/', import.meta.url))
const { collection } = answers
const dimension = 8

/** -0.5 to 0.5, without order, and the same on every machine. */
function mix(n: number): number {
  let bits = Math.imul(n ^ (n >>> 16), 0x45d9f3b)
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b)
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32 - 0.5
}

function vectorOf(face: number): Float32Array {
  const numbers = Array.from({ length: dimension }, (_, i) => mix(face * dimension + i + 1))
  const norm = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0))
  return Float32Array.from(numbers, (value) => value / norm)
}

interface Opened {
  readonly store: Database
  /** Removes what was written for the test; the store is closed by then. */
  remove(): Promise<void>
}

const whyNotMongodb = whyNoMongod({ own: false })

describe.each([
  { name: 'SQLite', open: openSqlite, hasSnapshots: true, skipReason: undefined },
  { name: 'MongoDB', open: openMongodb, hasSnapshots: false, skipReason: whyNotMongodb },
])('a database of an earlier version on $name', ({ name, open, hasSnapshots, skipReason }) => {
  describe.skipIf(skipReason)(nameWithReason(name, skipReason), () => {
    let directory: string
    let opened: Opened
    let gallery: Gallery
    let rejected: string[]

    beforeEach(async () => {
      directory = await mkdtemp(join(tmpdir(), 'face-watcher-earlier-'))
      await cp(fixture, directory, { recursive: true })
      opened = await open(directory)
      rejected = []
      const provider = createExactProvider({
        // The snapshot is that of the SQLite file, whose changes have other cursors.
        ...(hasSnapshots ? { directory: join(directory, 'indexes') } : {}),
        onSnapshotRejected: (_, reason) => rejected.push(reason),
      })
      gallery = await createGallery({ store: opened.store, provider })
    })
    afterEach(async () => {
      await gallery?.close()
      await opened?.store.close()
      await opened?.remove()
      await rm(directory, { recursive: true, force: true })
    })

    it('opens a database of an earlier version with everything that it holds', async () => {
      expect(await gallery.collections.get('default')).toMatchObject(collection)
      const { items: persons } = await gallery.persons.list(collection.id)
      // What that build did not know of persons.
      const more = { aliases: [], hidden: false, favourite: false, revision: 1 }
      const shows = ({ id }: { readonly id: string }) => {
        const face = answers.faces.find(({ personId, hasCrop }) => hasCrop && personId === id)
        return face === undefined ? {} : { shownFaceId: face.id }
      }
      expect(persons.filter(({ shownFaceId }) => shownFaceId !== undefined)).toHaveLength(1)
      expect(persons).toEqual(
        answers.persons.map((person) => ({ ...person, ...more, ...shows(person) })),
      )
      const found = await gallery.persons.list(collection.id, { query: 'istanbul', sort: 'name' })
      expect(found.items.map(({ name }) => name)).toEqual(['Zoë İstanbul'])
      const faces = await Promise.all(
        persons.map(({ id }) => gallery.faces.list(collection.id, { personId: id })),
      )
      expect(faces.flatMap(({ items }) => items)).toEqual(answers.faces)
      const crop = await gallery.faces.getCrop(collection.id, answers.crop.faceId)
      expect(Buffer.from(crop!.bytes).toString('hex')).toBe(answers.crop.hex)
    })

    it('finds in it what that version found, from its snapshot and the changes since', async () => {
      const probes = new Float32Array(answers.probes.length * dimension)
      for (const [row, face] of answers.probes.entries())
        probes.set(vectorOf(face), row * dimension)
      const found = await gallery.search(await gallery.collections.get('default'), probes, {
        persons: 1,
        modelId: collection.modelId,
      })
      const nearest = answers.searched.map(([first]) => first)
      for (const [row, { persons }] of found.entries()) {
        const [first] = persons
        // A person's mean counts, too, since then: it never makes a person less alike.
        expect(first?.similarity).toBeGreaterThanOrEqual((nearest[row]?.similarity ?? 0) - 1e-6)
        // Of enrolled faces the name is the same; whom a stranger resembles most may be another one now.
        if ((nearest[row]?.similarity ?? 0) > 0.99) {
          expect(first).toMatchObject({
            personId: nearest[row]?.personId,
            name: nearest[row]?.name,
            metadata: nearest[row]?.metadata,
            faceId: nearest[row]?.faceId,
          })
        }
      }
      expect(found.filter((_, row) => (nearest[row]?.similarity ?? 0) > 0.99)).toHaveLength(4)
      expect(rejected).toEqual([])
    })

    it('can be written, and is found as before by what opens it next', async () => {
      const { items } = await gallery.persons.list(collection.id, { exactName: 'Renamed' })
      await gallery.persons.delete(collection.id, items[0]?.id as string)
      await gallery.persons.create(collection.id, { name: 'New' })
      const names = (await gallery.persons.list(collection.id)).items.map(({ name }) => name)
      expect(names).not.toContain('Renamed')
      expect(names).toContain('New')
      expect(await gallery.collections.totals()).toMatchObject({ persons: 7 })
    })
  })
})

async function openSqlite(directory: string): Promise<Opened> {
  const store = await createSqliteStore({ file: join(directory, 'gallery.sqlite') })
  return { store, remove: async () => {} }
}

/** mongodb.json has the documents of every collection, as extended JSON. */
async function openMongodb(directory: string): Promise<Opened> {
  const server = await openTestServer()
  const database = newDatabaseName()
  const client = await MongoClient.connect(server.url)
  const db = client.db(database)
  const json = await readFile(join(directory, 'mongodb.json'), 'utf8')
  const collections: Record<string, BSON.Document[]> = BSON.EJSON.parse(json)
  for (const [name, documents] of Object.entries(collections)) {
    const made = await db.createCollection(name)
    if (documents.length > 0) await made.insertMany(documents)
  }
  return {
    store: await createMongodbStore({ url: server.url, database }),
    async remove() {
      await db.dropDatabase()
      await client.close()
      await server.stop()
    },
  }
}
