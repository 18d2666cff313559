import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { ErrorCode } from '../../src/core/errors.ts'
import type { FaceCrop } from '../../src/core/types.ts'
import type { Database } from '../../src/storage/database.ts'
import { type MethodName, wrapMethods } from '../../src/storage/methods.ts'
import type { Collection } from '../../src/storage/ports/collections.ts'
import type { StoredFace } from '../../src/storage/ports/faces.ts'
import type { Person } from '../../src/storage/ports/persons.ts'
import type { NewStatement, SaidOf } from '../../src/storage/ports/statements.ts'
import { createSqliteStore } from '../../src/storage/sqlite/sqlite-store.ts'
import { makeCollection, makeCrop, makeEmbedding, makeFace } from './faces.ts'

export interface Scratch {
  readonly directory: string
  /** A new SQLite store, or the one of the file. */
  openStore(file?: string): Promise<Database>
  dispose(): Promise<void>
}

/** A temporary directory with stores in it. */
export async function createScratch(): Promise<Scratch> {
  const directory = await mkdtemp(join(tmpdir(), 'face-watcher-data-'))
  const stores: Database[] = []
  return {
    directory,
    async openStore(file = join(directory, `${stores.length}.sqlite`)) {
      const store = await createSqliteStore({ file })
      stores.push(store)
      return store
    },
    async dispose() {
      for (const store of stores) await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function expectError(
  promise: Promise<unknown>,
  code: ErrorCode,
  detail?: RegExp,
): Promise<void> {
  const failure = { name: 'FaceError', code }
  await expect(promise).rejects.toMatchObject(
    detail ? { ...failure, detail: expect.stringMatching(detail) } : failure,
  )
}

/** Fills a collection with persons of three faces each, every second face with a crop. */
export async function fillCollection(
  store: Database,
  options: { readonly name?: string; readonly persons: number; readonly dimension?: number },
): Promise<Collection> {
  const { name = 'default', persons, dimension = 8 } = options
  const collection = await makeCollection(store, { name, dimension, storeCrops: true })
  await Promise.all(
    Array.from({ length: persons }, (_, i) =>
      store.faces.add(
        collection.id,
        { name: `Person ${i} é`, metadata: { badge: i, tags: ['a', { deep: null }] } },
        [0, 1, 2].map((k) => {
          const seed = i * 3 + k
          return makeFace(seed, {
            embedding: makeEmbedding(seed, dimension),
            ...(k % 2 === 0 ? { crop: toCrop(Uint8Array.of(i & 255, k, 1, 2), k) } : {}),
          })
        }),
      ),
    ),
  )
  return collection
}

/**
 * Says something of every kind: of images with a place and without, of stored faces; rejections and a
 * confirmation.
 *
 * @returns how many were said
 */
export async function addStatements(store: Database, collection: Collection): Promise<number> {
  const { id, modelId, dimension } = collection
  const persons = (await store.persons.list(id, { limit: 2 })).items
  const [ann, bob] = persons as [Person, Person]
  const [face] = (await store.faces.list(id, { personId: bob.id, limit: 1 })).items
  const actor = { kind: 'apiKey', id: 'k1', name: 'Key é' } as const
  const ports = store.as({ actor })
  const subjects: readonly NewStatement['of'][] = [
    { modelId, ...toSaid(9001, dimension), box: { x: 1.5, y: -0.1, width: 1e-7, height: 120 } },
    { modelId, ...toSaid(9002, dimension) },
    { faceId: face!.id },
  ]
  for (const of of subjects) await ports.statements.add(id, ann.id, { kind: 'rejection', of })
  const of = { modelId, ...toSaid(9003, dimension) }
  await store.statements.add(id, bob.id, { kind: 'confirmation', of })
  return subjects.length + 1
}

function toSaid(seed: number, dimension: number): Pick<SaidOf, 'embedding' | 'imageHash'> {
  return { embedding: makeEmbedding(seed, dimension), imageHash: makeFace(seed).imageHash }
}

/** A crop of this version, or of one before. */
function toCrop(bytes: Uint8Array, which: number): FaceCrop {
  return which === 0 ? makeCrop(bytes) : { bytes }
}

/** All that a store has of its collections. */
export async function readGallery(store: Database): Promise<unknown> {
  const { items } = await store.collections.list({ limit: 1000 })
  return Promise.all(
    items.map(async (collection) => {
      const faces: StoredFace[] = []
      for (;;) {
        const page = await store.transfer.readFaces(collection.id, {
          after: faces.at(-1)?.id ?? '',
          limit: 1000,
        })
        if (page.length === 0) break
        faces.push(
          ...page.map((face) => ({
            ...face,
            ...(face.crop
              ? { crop: { ...face.crop, bytes: new Uint8Array(face.crop.bytes) } }
              : {}),
          })),
        )
      }
      const persons: unknown[] = []
      let cursor: string | undefined
      do {
        const page = await store.persons.list(collection.id, {
          limit: 1000,
          ...(cursor === undefined ? {} : { cursor }),
        })
        persons.push(...page.items)
        cursor = page.nextCursor
      } while (cursor !== undefined)
      const statements = await store.transfer.readStatements(collection.id, { limit: 1000 })
      return { collection, persons, faces, statements }
    }),
  )
}

/** That two stores hold the same, ids and times included. */
export async function expectSameGallery(actual: Database, expected: Database): Promise<void> {
  expect(await readGallery(actual)).toEqual(await readGallery(expected))
}

/** The store with some methods that do something after each call. */
export function intercept(
  store: Database,
  hooks: Partial<Record<MethodName, (call: number) => Promise<void> | void>>,
): Database {
  const counts = new Map<string, number>()
  const ports = wrapMethods(store, async (name, body) => {
    const call = counts.get(name) ?? 0
    counts.set(name, call + 1)
    const result = await body()
    await hooks[name]?.(call)
    return result
  })
  return { ...store, ...ports }
}
