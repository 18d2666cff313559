import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGallery, type Gallery } from '../../src/gallery/gallery.ts'
import type { VectorIndexProvider } from '../../src/search/vector-index.ts'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeEmbedding, makeFace } from '../helpers/faces.ts'
import { createMemoryProvider } from '../helpers/memory-index.ts'

let directory: string
let store: Database
let gallery: Gallery
let one: Collection
let two: Collection
let opened: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'face-watcher-used-'))
  store = await createSqliteStore({ file: join(directory, 'gallery.sqlite') })
  one = await makeCollection(store, { name: 'one' })
  two = await makeCollection(store, { name: 'two' })
  for (const { id } of [one, two]) await store.faces.add(id, { name: 'Ann' }, [makeFace(1)])
  const memory = createMemoryProvider()
  opened = []
  const provider: VectorIndexProvider = {
    kind: memory.kind,
    open(id, dimension) {
      opened.push(id)
      return memory.open(id, dimension)
    },
    keeps: async (id) => id === two.id,
    close: () => memory.close(),
  }
  gallery = await createGallery({ store, provider, pollMs: 5, load: 'used' })
})

afterEach(async () => {
  await gallery.close()
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const find = async (collection: Collection, seed: number) => {
  const [result] = await gallery.search(collection, makeEmbedding(seed), { persons: 1 })
  return result?.persons[0]?.name
}

it('loads no index to list, enrol and rename', async () => {
  const { items } = await gallery.persons.list(one.id)
  await gallery.persons.update(one.id, items[0]!.id, { name: 'Bea' })
  await gallery.faces.add(one.id, { name: 'Cy' }, [makeFace(2)])
  await gallery.catchUp()
  expect(opened).toEqual([])
  expect((await gallery.stats()).ready).toBe(true)
})

it('loads the index that is searched, and finds there what is enrolled later', async () => {
  expect(await find(one, 1)).toBe('Ann')
  await gallery.faces.add(one.id, { name: 'Bob' }, [makeFace(2)])
  await gallery.faces.add(two.id, { name: 'Cy' }, [makeFace(3)])
  expect(await find(one, 2)).toBe('Bob')
  expect(opened).toEqual([one.id])
})

it('loads an index to delete somebody only where a snapshot has to follow', async () => {
  for (const { id } of [one, two]) {
    const { items } = await gallery.persons.list(id)
    await gallery.persons.delete(id, items[0]!.id)
  }
  expect(opened).toEqual([two.id])
})
