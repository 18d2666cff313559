import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import { copyGallery } from '../../src/transfer/copy.ts'
import { exportGallery } from '../../src/transfer/export.ts'
import { importGallery } from '../../src/transfer/import.ts'
import { makeCollection, makeFace } from '../helpers/faces.ts'
import {
  createScratch,
  expectError,
  expectSameGallery,
  fillCollection,
  intercept,
  readGallery,
  type Scratch,
} from '../helpers/moved-gallery.ts'

let scratch: Scratch
let from: Database
let to: Database
let collection: Collection

beforeEach(async () => {
  scratch = await createScratch()
  from = await scratch.openStore()
  to = await scratch.openStore()
  collection = await fillCollection(from, { persons: 90 })
})

afterEach(() => scratch.dispose())

/** Changes of every kind: the first and last person and a face go, others come, one is renamed. */
async function changeGallery(seed: number): Promise<void> {
  const { items } = await from.persons.list(collection.id, { limit: 1000 })
  await from.persons.delete(collection.id, items[0]!.id)
  await from.persons.delete(collection.id, items.at(-1)!.id)
  const { items: faces } = await from.faces.list(collection.id, { personId: items[1]!.id })
  await from.faces.delete(collection.id, faces[0]!.id)
  await from.persons.update(collection.id, items[2]!.id, { name: `Renamed ${seed}` })
  await from.faces.add(collection.id, { name: `Late ${seed}` }, [makeFace(seed)])
  await from.faces.add(collection.id, items[3]!.id, [makeFace(seed + 1)])
}

async function readFaceIds(store: Database): Promise<readonly string[]> {
  return (await store.feed.embeddings(collection, { limit: 1000 })).faceIds
}

/** As {@link expectSameGallery}, but for when persons were last changed. */
async function expectSameButForTimes(): Promise<void> {
  const read = async (store: Database) =>
    JSON.parse(JSON.stringify(await readGallery(store)), (key, value) =>
      key === 'updatedAt' ? undefined : value,
    )
  expect(await read(to)).toEqual(await read(from))
}

describe('data copy', () => {
  it('makes the target equal, and again changes nothing', async () => {
    await fillCollection(from, { name: 'other', persons: 2, dimension: 16 })
    const summary = await copyGallery(from, to)
    expect(summary.collections).toEqual([
      { name: 'default', persons: 90, faces: 270, statements: 0, statementsLeftOut: 0 },
      { name: 'other', persons: 2, faces: 6, statements: 0, statementsLeftOut: 0 },
    ])
    await expectSameGallery(to, from)
    const cursor = await to.feed.latestCursor()
    await copyGallery(from, to)
    expect(await to.feed.latestCursor()).toBe(cursor)
    await expectSameGallery(to, from)
  })

  it.each([
    ...(['feed.latestCursor', 'persons.list', 'transfer.readFaces', 'feed.changes'] as const),
    'collections.counts',
  ] as const)('ends with the faces of the source when it changes during %s', async (hook) => {
    // The last of the three reads of the feed is its end.
    for (const moment of [0, 1]) {
      const changing = intercept(from, {
        [hook]: (call: number) => (call === moment ? changeGallery(5000 + 10 * moment) : undefined),
      })
      await copyGallery(changing, to)
      expect(await readFaceIds(to)).toEqual(await readFaceIds(from))
    }
    await copyGallery(from, to)
    await expectSameButForTimes()
  })

  it('ends while many write to the source', async () => {
    let writing = true
    const write = async (offset: number) => {
      for (let i = 0; writing; i++) {
        const { person, faces } = await from.faces.add(collection.id, { name: `W${offset}` }, [
          makeFace(offset + i),
        ])
        if (i % 3 === 0) await from.faces.delete(collection.id, faces[0]!.id)
        if (i % 5 === 0) await from.persons.delete(collection.id, person.id)
      }
    }
    const writers = [write(10_000), write(20_000)]
    await copyGallery(from, to).finally(() => {
      writing = false
    })
    await Promise.all(writers)
    await copyGallery(from, to)
    await expectSameButForTimes()
  })

  it('goes on after an interruption, and what was deleted meanwhile does not come back', async () => {
    for (const step of ['copy', 'compare'] as const) {
      const abort = new AbortController()
      const copying = copyGallery(from, to, {
        signal: abort.signal,
        onProgress: ({ stage: now, done }) => {
          if (now === step && done > 200) abort.abort()
        },
      })
      await expectError(copying, 'aborted')
      await changeGallery(step === 'copy' ? 6000 : 7000)
    }
    await copyGallery(from, to)
    await expectSameButForTimes()
  })

  it('takes a face that was deleted and enrolled again under its new id', async () => {
    await copyGallery(from, to)
    const [face] = await from.transfer.readFaces(collection.id, { limit: 1 })
    await from.faces.delete(collection.id, face!.id)
    await from.faces.add(collection.id, face!.personId, [{ ...face!, embedding: face!.embedding! }])
    await copyGallery(from, to)
    await expectSameGallery(to, from)
  })

  it('takes the place of an empty collection of the same name', async () => {
    await makeCollection(to)
    await copyGallery(from, to)
    await expectSameGallery(to, from)
  })

  it('refuses a target with faces of its own, and keeps them', async () => {
    await copyGallery(from, to)
    const { faces } = await to.faces.add(collection.id, { name: 'Own' }, [makeFace(9000)])
    await expectError(copyGallery(from, to), 'collectionExists', /at the target only/)
    expect(await to.faces.get(collection.id, faces[0]!.id)).toMatchObject({ id: faces[0]!.id })
  })

  it('refuses a target whose person was changed later, or whose collection is another', async () => {
    await copyGallery(from, to)
    const { items } = await to.persons.list(collection.id)
    await to.persons.update(collection.id, items[0]!.id, { name: 'Changed there' })
    await expectError(copyGallery(from, to), 'collectionExists', /differs/)
    const third = await scratch.openStore()
    const other = await makeCollection(third)
    await third.persons.create(other.id, { name: 'Own' })
    await expectError(copyGallery(from, third), 'collectionExists')
    expect(await third.collections.counts(other.id)).toMatchObject({ persons: 1 })
    await expectError(copyGallery(from, to, { collections: ['no'] }), 'collectionNotFound')
  })

  it('stops when the collection is deleted at the source', async () => {
    const changing = intercept(from, {
      'transfer.readFaces': (call) => (call === 1 ? from.collections.delete('default') : undefined),
    })
    await expectError(copyGallery(changing, to), 'collectionNotFound', /default was deleted/)
  })
})

describe('data export while the gallery changes', () => {
  const about = { source: 'sqlite', createdAt: new Date(0).toISOString() }

  it.each(['feed.latestCursor', 'transfer.readFaces', 'persons.list'] as const)(
    'holds no face that was removed, and a person for each (changes during %s)',
    async (hook) => {
      const before = await from.faces.list(collection.id, { limit: 1000 })
      const changing = intercept(from, {
        [hook]: (call: number) => (call === 0 ? changeGallery(5000) : undefined),
      })
      const dir = join(scratch.directory, 'export')
      await exportGallery(changing, dir, about)
      await importGallery(dir, to)
      const restored = await to.faces.list(collection.id, { limit: 1000 })
      const now = (await from.faces.list(collection.id, { limit: 1000 })).items
      const ids = restored.items.map(({ id }) => id)
      expect(now.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
      const known = new Set(before.items.map(({ id }) => id))
      const stayed = now.filter(({ id }) => known.has(id)).map(({ id }) => id)
      expect(ids).toEqual(expect.arrayContaining(stayed))
      const lines = await readFile(join(dir, 'default/faces.jsonl'), 'utf8')
      expect(lines.match(/\n/g)).toHaveLength(ids.length)
    },
  )

  it('stops when the collection is deleted', async () => {
    const changing = intercept(from, {
      'transfer.readFaces': (call) => (call === 1 ? from.collections.delete('default') : undefined),
    })
    const dir = join(scratch.directory, 'export')
    await expectError(exportGallery(changing, dir, about), 'collectionNotFound', /was deleted/)
    await expectError(importGallery(dir, to), 'exportInvalid', /did not finish/)
  })
})
