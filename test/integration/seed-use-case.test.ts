import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Database } from '../../src/storage/database.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import {
  importSeed,
  type SeedImportOptions,
} from '../../src/transfer/importers/seed/import-seed.ts'
import type { SeedDocument, SeedSource } from '../../src/transfer/importers/seed/seed-source.ts'

const options: SeedImportOptions = {
  collection: 'seed',
  policy: { maxFpir: 0.01, possibleFpir: 0.1 },
}

/** Document `n` of a name; its embedding is an axis. */
function faceOf(name: string, n: number): SeedDocument {
  const embedding = new Float32Array(512)
  embedding[n] = 1
  return { kind: 'face', id: `document-${n}`, name, embedding }
}

function sourceOf(documents: readonly SeedDocument[]): SeedSource {
  return {
    count: async () => documents.length,
    documents: async function* () {
      yield* documents
    },
    close: async () => {},
  }
}

describe('importSeed', () => {
  let directory: string
  let store: Database
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'face-watcher-seed-'))
    store = await createSqliteStore({
      file: join(directory, 'gallery.sqlite'),
      busyTimeoutMs: 1000,
    })
  })
  afterEach(async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  })

  const persons = async () => {
    const { id } = await store.collections.get('seed')
    const { items } = await store.persons.list(id)
    return items.map(({ name, faceCount }) => `${name} ${faceCount}`).sort()
  }

  it('makes one person of each name, wherever its documents stand', async () => {
    const many = Array.from({ length: 150 }, (_, n) => faceOf(`Person ${n % 7}`, n))
    const done: number[] = []
    const report = await importSeed(store, sourceOf(many), {
      ...options,
      onProgress: (progress) => done.push(progress.done),
    })
    expect(report).toMatchObject({
      documents: 150,
      imported: 150,
      newPersons: 7,
      alreadyEnrolled: 0,
    })
    expect(await persons()).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((n) => `Person ${n} ${n < 3 ? 22 : 21}`),
    )
    expect(done).toEqual([64, 128, 150])
  })

  it('goes on where it was stopped', async () => {
    const many = Array.from({ length: 150 }, (_, n) => faceOf('Ann', n))
    const stop = new AbortController()
    const first = await importSeed(store, sourceOf(many), {
      ...options,
      onProgress: () => stop.abort(),
      stop: stop.signal,
    })
    expect(first).toMatchObject({ documents: 64, imported: 64, interrupted: true })
    const second = await importSeed(store, sourceOf(many), options)
    expect(second).toMatchObject({
      imported: 86,
      alreadyEnrolled: 64,
      newPersons: 0,
      interrupted: false,
    })
    expect(await persons()).toEqual(['Ann 150'])
  })

  it('adds later documents to the person of the name, and leaves a renamed one alone', async () => {
    await importSeed(store, sourceOf([faceOf('Ann', 1), faceOf('Bea', 2)]), options)
    const { id } = await store.collections.get('seed')
    const [bea] = (await store.persons.list(id, { exactName: 'Bea' })).items
    await store.persons.update(id, bea!.id, { name: 'Beatrice' })
    const later = [faceOf('Ann', 1), faceOf('Bea', 2), faceOf('Ann', 3)]
    const report = await importSeed(store, sourceOf(later), options)
    expect(report).toMatchObject({ imported: 1, alreadyEnrolled: 2, newPersons: 0 })
    expect(await persons()).toEqual(['Ann 2', 'Beatrice 1'])
  })

  it('reports a name that several persons have, and imports the others', async () => {
    await importSeed(store, sourceOf([faceOf('Ann', 1)]), options)
    const { id } = await store.collections.get('seed')
    await store.persons.create(id, { name: 'Ann' })
    const refused: SeedDocument = { kind: 'refused', id: 'broken', reason: 'It is broken.' }
    const documents = [faceOf('Ann', 1), faceOf('Ann', 2), refused, faceOf('Bea', 3)]
    const report = await importSeed(store, sourceOf(documents), options)
    expect(report).toMatchObject({ documents: 4, imported: 1, alreadyEnrolled: 1, newPersons: 1 })
    expect(report.refused).toEqual([
      { id: 'broken', reason: 'It is broken.' },
      { id: 'document-2', reason: 'Several persons of the collection have this name.' },
    ])
  })

  it('makes no collection when there is nothing to import', async () => {
    await expect(importSeed(store, sourceOf([]), options)).rejects.toMatchObject({
      code: 'invalidOption',
    })
    await expect(store.collections.get('seed')).rejects.toMatchObject({
      code: 'collectionNotFound',
    })
  })
})
