import { isDeepStrictEqual } from 'node:util'
import { FaceError } from '../../core/errors.ts'
import type { Collection, CollectionStore } from '../ports/collections.ts'
import { assertCollection, isCollectionName } from '../rules/input-checks.ts'
import { parsePageOptions, toPage } from '../rules/pages.ts'
import type { MongoContext } from './context.ts'
import { createCounters, readCounts, readTotals, removeEmptyCounters } from './counters.ts'
import type { DeletedCollectionCleaner } from './deleted-collections.ts'
import { toCollection, toPlain } from './documents.ts'
import { insertChanges } from './feed.ts'
import type { Transaction } from './transactions.ts'

/** Writes a collection whose name and id are free. */
export async function insertCollection(
  context: MongoContext,
  { id, name, modelId, dimension, policy, storeCrops, createdAt }: Collection,
  transaction: Transaction,
): Promise<void> {
  const { session } = transaction
  await context.tables.collections.insertOne(
    { _id: id, name, modelId, dimension, policy: toPlain(policy), storeCrops, createdAt },
    { session },
  )
  await createCounters(context, id, transaction)
}

/** Collections, as {@link CollectionStore} says. */
export function createCollectionOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): CollectionStore {
  const { collections, purges } = context.tables

  return {
    async create(input) {
      assertCollection(input)
      const { name, modelId, dimension, policy, storeCrops } = input
      return context.transact(async (transaction) => {
        const { session } = transaction
        if (await collections.findOne({ name }, { session }))
          throw new FaceError('collectionExists')
        const collection: Collection = {
          id: context.newId(),
          name,
          modelId,
          dimension,
          policy: toPlain(policy),
          storeCrops,
          createdAt: context.now(),
        }
        await insertCollection(context, collection, transaction)
        return collection
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

    async update(name, { policy, policyWas, storeCrops }) {
      if (!isCollectionName(name)) throw new FaceError('collectionNotFound')
      return context.transact(async ({ session }) => {
        const stored = await collections.findOne({ name }, { session })
        if (!stored) throw new FaceError('collectionNotFound')
        if (policyWas && !isDeepStrictEqual(stored.policy, policyWas)) return toCollection(stored)
        const changed = {
          ...(policy === undefined ? {} : { policy: toPlain(policy) }),
          ...(storeCrops === undefined ? {} : { storeCrops }),
        }
        // The name, as an empty $set is refused by the server.
        const update = { $set: { name, ...changed } }
        await collections.updateOne({ _id: stored._id }, update, { session })
        return toCollection({ ...stored, ...changed })
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
        await purges.insertOne({ _id: document._id, batches: 0 }, { session })
        const change = { kind: 'collectionRemoved', collectionId: document._id } as const
        await insertChanges(context, [change], transaction)
        return document._id
      })
      await cleaner.forbidWrites(id)
      cleaner.wake()
    },

    counts: (collectionId) => readCounts(context, collectionId),
    totals: () => readTotals(context),
  }
}
