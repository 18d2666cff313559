import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import { createExactProvider } from '../../src/search/exact/provider.ts'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import answers from '../fixtures/database/answers.json' with { type: 'json' }

// gallery.sqlite, indexes/ and answers.json were written by the build of commit f328d22: eight people
// with two faces each (face 10 p and 10 p + 1 of person p), of whom one was deleted, one lost a face,
// and one was renamed; then what that build answered.
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

let directory: string
let store: Database
let gallery: Gallery
let rejected: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-earlier-'))
  await cp(fixture, directory, { recursive: true })
  store = await createSqliteStore({ file: join(directory, 'gallery.sqlite') })
  rejected = []
  const provider = createExactProvider({
    directory: join(directory, 'indexes'),
    onSnapshotRejected: (_, reason) => rejected.push(reason),
  })
  gallery = await createGallery({ store, provider })
})
afterEach(async () => {
  await gallery.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

it('opens a database of an earlier version with everything that it holds', async () => {
  expect(await gallery.collections.get('default')).toMatchObject(collection)
  const { items: persons } = await gallery.persons.list(collection.id)
  expect(persons).toEqual(answers.persons)
  const faces = await Promise.all(
    persons.map(({ id }) => gallery.faces.list(collection.id, { personId: id })),
  )
  expect(faces.flatMap(({ items }) => items)).toEqual(answers.faces)
  const crop = await gallery.faces.getCrop(collection.id, answers.crop.faceId)
  expect(Buffer.from(crop as Uint8Array).toString('hex')).toBe(answers.crop.hex)
})

it('finds in it what that version found, from its snapshot and the changes since', async () => {
  const probes = new Float32Array(answers.probes.length * dimension)
  for (const [row, face] of answers.probes.entries()) probes.set(vectorOf(face), row * dimension)
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
