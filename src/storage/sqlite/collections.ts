import { isDeepStrictEqual } from 'node:util'
import { FaceError } from '../../core/errors.ts'
import type { Collection, CollectionStore } from '../ports/collections.ts'
import type { MovedCollection } from '../ports/transfer.ts'
import { patchCollection } from '../rules/collection-fields.ts'
import { assertCollection, isCollectionName } from '../rules/input-checks.ts'
import { parsePageOptions, toPage } from '../rules/pages.ts'
import { appendChange } from './changes.ts'
import type { StoreContext, Synchronous } from './context.ts'
import { collectionColumns, readCollection, readNumber } from './rows.ts'

/** @throws {FaceError} `invalidName`, `invalidOption` */
export function insertCollection(context: StoreContext, collection: MovedCollection): void {
  assertCollection(collection)
  const values = '?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?'
  context.db.run(`INSERT INTO collections (${collectionColumns}) VALUES (${values})`, [
    collection.id,
    collection.name,
    collection.modelId,
    collection.dimension,
    JSON.stringify(collection.policy),
    collection.id,
    collection.storeCrops ? 1 : 0,
    toJson(collection.qualityGates),
    toJson(collection.keepUnknown),
    collection.templateSecretId ?? null,
    collection.createdAt,
  ])
}

function toJson(value: object | undefined): string | null {
  return value === undefined ? null : JSON.stringify(value)
}

/** Collections, as {@link import('../database.ts').Database} says. */
export function createCollectionOperations(context: StoreContext): Synchronous<CollectionStore> {
  const { db } = context

  function find(name: string): Collection | undefined {
    // A name that could not have been stored never reaches SQL.
    if (!isCollectionName(name)) return undefined
    const row = db.get(`SELECT ${collectionColumns} FROM collections WHERE name = ?`, [name])
    return row && readCollection(row)
  }

  function getCollection(name: string): Collection {
    const collection = find(name)
    if (!collection) throw new FaceError('collectionNotFound')
    return collection
  }

  function counts(collectionId: string): { readonly persons: number; readonly faces: number } {
    const row = db.get('SELECT persons, faces FROM collections WHERE id = ?', [collectionId])
    if (!row) return { persons: 0, faces: 0 }
    return { persons: readNumber(row, 'persons'), faces: readNumber(row, 'faces') }
  }

  return {
    get: getCollection,

    create(input) {
      if (find(input.name)) throw new FaceError('collectionExists')
      const { name, modelId, dimension, policy, storeCrops } = input
      const { qualityGates = {}, keepUnknown = null, templateSecretId } = input
      const id = context.newId()
      const createdAt = context.now()
      const made = { id, name, modelId, dimension, policy, storeCrops, createdAt }
      const collection = patchCollection(made, { qualityGates, keepUnknown })
      insertCollection(context, {
        ...collection,
        ...(templateSecretId === undefined ? {} : { templateSecretId }),
      })
      return getCollection(name)
    },

    list(options) {
      const { after, limit } = parsePageOptions('collections', options)
      const rows = db.all(
        `SELECT ${collectionColumns} FROM collections WHERE id > ? ORDER BY id LIMIT ?`,
        [after, limit + 1],
      )
      return toPage('collections', rows.map(readCollection), limit)
    },

    update(was, patch) {
      const stored = find(was.name)
      if (!isDeepStrictEqual(stored, was)) return undefined
      const collection = patchCollection(was, patch)
      assertCollection(collection)
      if (collection.name !== was.name && find(collection.name)) {
        throw new FaceError('collectionExists')
      }
      db.run(
        'UPDATE collections SET name = ?, policy = ?, store_crops = ?, quality_gates = ?, ' +
          'keep_unknown = ? WHERE id = ?',
        [
          collection.name,
          JSON.stringify(collection.policy),
          collection.storeCrops ? 1 : 0,
          toJson(collection.qualityGates),
          toJson(collection.keepUnknown),
          collection.id,
        ],
      )
      return getCollection(collection.name)
    },

    delete(name, onlyIfEmpty) {
      const { id } = getCollection(name)
      const { persons, faces } = counts(id)
      if (onlyIfEmpty !== undefined && (id !== onlyIfEmpty || persons + faces > 0)) {
        throw new FaceError('collectionExists')
      }
      db.run('DELETE FROM collections WHERE id = ?', [id])
      appendChange(context, { kind: 'collectionRemoved', collectionId: id })
    },

    counts,

    totals() {
      const row = db.get(
        'SELECT count(*) AS collections, coalesce(sum(persons), 0) AS persons, ' +
          'coalesce(sum(faces), 0) AS faces FROM collections',
      )
      const read = (column: string) => readNumber(row, column)
      return { collections: read('collections'), persons: read('persons'), faces: read('faces') }
    },
  }
}
