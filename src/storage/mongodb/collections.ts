import { isDeepStrictEqual } from 'node:util'
import { FaceError } from '../../core/errors.ts'
import type { Collection, CollectionStore } from '../ports/collections.ts'
import type { MovedCollection } from '../ports/transfer.ts'
import { patchCollection } from '../rules/collection-fields.ts'
import { assertCollection, isCollectionName } from '../rules/input-checks.ts'
import { parsePageOptions, toPage } from '../rules/pages.ts'
import type { MongoContext } from './context.ts'
import { createCounters, readCounts, readTotals, removeEmptyCounters } from './counters.ts'
import type { DeletedCollectionCleaner } from './deleted-collections.ts'
import { toCollection, toPlain } from './documents.ts'
import { insertChanges } from './feed.ts'
import type { CollectionDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'

/** Writes a collection whose name and id are free; the index of its model is named by its id. */
export async function insertCollection(
  context: MongoContext,
  collection: MovedCollection,
  transaction: Transaction,
): Promise<Collection> {
  const { session } = transaction
  // One that was read elsewhere may come with its second model, which is not moved.
  const { second: _, ...document } = toDocument({ ...collection, indexId: collection.id })
  await context.tables.collections.insertOne(document, { session })
  await createCounters(context, collection.id, transaction)
  return toCollection(document)
}

/** The document of a collection, without what a caller gave besides. */
export function toDocument({ id, ...fields }: Collection): CollectionDocument {
  const { name, modelId, dimension, policy, indexId, second, storeCrops, createdAt } =
    toPlain(fields)
  const { qualityGates, keepUnknown, templateSecretId } = toPlain(fields)
  const rest = {
    ...(second === undefined ? {} : { second }),
    storeCrops,
    ...(qualityGates === undefined ? {} : { qualityGates }),
    ...(keepUnknown === undefined ? {} : { keepUnknown }),
    ...(templateSecretId === undefined ? {} : { templateSecretId }),
    createdAt,
  }
  return { _id: id, name, modelId, dimension, policy, indexId, ...rest }
}

/** Collections, as {@link CollectionStore} says. */
export function createCollectionOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): CollectionStore {
  const { collections, jobs, purges } = context.tables

  return {
    async create(input) {
      assertCollection(input)
      const { name, modelId, dimension, policy, storeCrops } = toPlain(input)
      const { qualityGates = {}, keepUnknown = null, templateSecretId } = toPlain(input)
      return context.transact(async (transaction) => {
        const { session } = transaction
        if (await collections.findOne({ name }, { session }))
          throw new FaceError('collectionExists')
        const id = context.newId()
        const made = { id, name, modelId, dimension, policy, storeCrops, createdAt: context.now() }
        const collection = patchCollection(made, { qualityGates, keepUnknown })
        const secret = templateSecretId === undefined ? {} : { templateSecretId }
        return insertCollection(context, { ...collection, ...secret }, transaction)
      })
    },

    async get(name) {
      const document = isCollectionName(name) ? await collections.findOne({ name }) : null
      if (!document) throw new FaceError('collectionNotFound')
      return toCollection(document)
    },

    async list(options) {
      const { after, limit } = parsePageOptions('collections', options)
      const documents = await collections
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray()
      return toPage('collections', documents.map(toCollection), limit)
    },

    async update(was, patch) {
      const collection = patchCollection(was, toPlain(patch))
      assertCollection(collection)
      return context.transact(async ({ session }) => {
        const stored = await collections.findOne({ _id: was.id }, { session })
        if (!stored || !isDeepStrictEqual(toCollection(stored), was)) return undefined
        const { name } = collection
        if (name !== was.name && (await collections.findOne({ name }, { session }))) {
          throw new FaceError('collectionExists')
        }
        await collections.replaceOne({ _id: was.id }, toDocument(collection), { session })
        return collection
      })
    },

    async delete(name, onlyIfEmpty) {
      if (!isCollectionName(name)) throw new FaceError('collectionNotFound')
      const id = await context.transact(async (transaction) => {
        const { session } = transaction
        const document = await collections.findOneAndDelete({ name }, { session })
        if (!document) throw new FaceError('collectionNotFound')
        if (onlyIfEmpty !== undefined) {
          if (document._id !== onlyIfEmpty) throw new FaceError('collectionExists')
          await removeEmptyCounters(context, document._id, transaction)
        }
        await jobs.deleteMany({ collectionId: document._id }, { session })
        await purges.insertOne({ _id: document._id, rounds: 0 }, { session })
        const change = { kind: 'collectionRemoved', collectionId: document._id } as const
        await insertChanges(context, [change], transaction)
        return document._id
      })
      await cleaner.forbidWrites(id)
      cleaner.wake()
    },

    async counts(collectionId) {
      const { persons, faces } = await readCounts(context, collectionId)
      return { persons, faces }
    },
    totals: () => readTotals(context),
  }
}
