import { isDeepStrictEqual } from 'node:util'
import type { Collection, CollectionModel, EmbeddingSet } from '../ports/collections.ts'
import type { SecondModelStore } from '../ports/second-models.ts'
import { assertUnitEmbedding } from '../rules/embedding.ts'
import { assertDimension } from '../rules/input-checks.ts'
import { isUlid } from '../rules/pages.ts'
import {
  assertErasable,
  findSetModel,
  isSecondModel,
  toCollectionModel,
} from '../rules/second-models.ts'
import { toDocument } from './collections.ts'
import { findCollection, type MongoContext } from './context.ts'
import { toCollection, toEmbeddingId } from './documents.ts'
import { insertEmbeddings } from './face-writes.ts'
import { insertChanges } from './feed.ts'
import { createLackingFaces } from './lacking-faces.ts'
import type { Transaction } from './transactions.ts'

// [Note: Models that change]
// A transaction sees the database as it was when it began, and two conflict only where both write.
// What must not run beside one another here therefore writes a document that the other writes, too:
//
// - `fill` and `erase` count in the collection's document, which `begin`, `switchTo`, `end` and the
//   deletion of the collection write: no embedding is stored of a model that the collection does not
//   have, and none is erased of one that it has.
// - `fill` counts in the documents of the faces, which their deletion removes: no embedding of a deleted
//   face stays.
//
// Enrolments only read the collection's document, or all but one of those that run at once would
// conflict. One that read it before `begin` stores no embedding of the second model; such faces are among
// those that lack one, and are filled. One that read it before `end` may leave an embedding of a model
// that the collection has no more. No search reads it, it goes with its face, and `erase` removes it:
// that is called until there is nothing left, and again before the same model is begun.

/** Second models of collections, as {@link SecondModelStore} says. */
export function createSecondModelOperations(context: MongoContext): SecondModelStore {
  const { collections, faces, embeddings } = context.tables

  /** Keeps changes of the collection's models from happening beside this transaction. */
  async function holdModels(collectionId: string, { session }: Transaction): Promise<void> {
    await collections.updateOne({ _id: collectionId }, { $inc: { modelWrites: 1 } }, { session })
  }

  async function writeModels(
    collection: Collection,
    { answering, second }: { answering: CollectionModel; second: CollectionModel | undefined },
    { session }: Transaction,
  ): Promise<Collection> {
    const { second: _, ...rest } = collection
    const changed = toDocument({
      ...rest,
      ...toCollectionModel(answering),
      ...(second === undefined ? {} : { second: toCollectionModel(second) }),
    })
    await collections.replaceOne({ _id: collection.id }, changed, { session })
    return toCollection(changed)
  }

  async function isUnchanged(was: Collection, { session }: Transaction): Promise<boolean> {
    const stored = await collections.findOne({ _id: was.id }, { session })
    return stored !== null && isDeepStrictEqual(toCollection(stored), was)
  }

  /** Those of the faces that are there and have no embedding of the model. */
  async function selectLacking(
    set: EmbeddingSet,
    faceIds: readonly string[],
    { session }: Transaction,
  ): Promise<ReadonlySet<string>> {
    const ids = faceIds.filter(isUlid)
    const embeddingIds = ids.map((id) => toEmbeddingId(id, set))
    const options = { session, projection: { _id: 1 } } as const
    const found = await faces.find({ _id: { $in: ids }, collectionId: set.id }, options).toArray()
    const filled = await embeddings.find({ _id: { $in: embeddingIds } }, options).toArray()
    const filledIds = new Set(filled.map(({ _id }) => _id))
    return new Set(
      found.map(({ _id }) => _id).filter((id) => !filledIds.has(toEmbeddingId(id, set))),
    )
  }

  return {
    begin: (collectionId, model) =>
      context.transact(async (transaction) => {
        const collection = await findCollection(context, collectionId, transaction)
        if (isSecondModel(collection, model)) return collection
        const second = { ...model, indexId: context.newId() }
        const models = { answering: collection, second }
        const changed = await writeModels(collection, models, transaction)
        await insertChanges(context, [{ kind: 'modelsChanged', collectionId }], transaction)
        return changed
      }),

    ...createLackingFaces(context),

    fill: (set, given) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, set.id, transaction)
        const model = findSetModel(collection, set)
        for (const { embedding } of given) {
          assertDimension(model, embedding)
          assertUnitEmbedding(embedding)
        }
        const faceIds = [...new Set(given.map(({ faceId }) => faceId))]
        const lacking = new Set(await selectLacking(set, faceIds, transaction))
        // The first of those of one face.
        const written = given.filter(({ faceId }) => lacking.delete(faceId))
        if (written.length === 0) return 0
        await holdModels(set.id, transaction)
        const those = { _id: { $in: written.map(({ faceId }) => faceId) } }
        await faces.updateMany(those, { $inc: { fills: 1 } }, { session })
        await insertEmbeddings(
          context,
          written.map(({ faceId, embedding }) => ({
            collectionId: set.id,
            faceId,
            modelId: set.modelId,
            embedding,
          })),
          transaction,
        )
        return written.length
      }),

    switchTo: (was) =>
      context.transact(async (transaction) => {
        if (was.second === undefined || !(await isUnchanged(was, transaction))) return undefined
        return writeModels(was, { answering: was.second, second: was }, transaction)
      }),

    end: (was) =>
      context.transact(async (transaction) => {
        if (was.second === undefined || !(await isUnchanged(was, transaction))) return undefined
        const models = { answering: was, second: undefined }
        const changed = await writeModels(was, models, transaction)
        const change = { kind: 'modelsChanged', collectionId: was.id } as const
        await insertChanges(context, [change], transaction)
        return changed
      }),

    erase: (set, limit) =>
      context.transact(async (transaction) => {
        const { session } = transaction
        assertErasable(await findCollection(context, set.id, transaction), set)
        const found = await embeddings
          .find({ collectionId: set.id, modelId: set.modelId }, { session, projection: { _id: 1 } })
          .limit(limit)
          .toArray()
        if (found.length === 0) return 0
        await holdModels(set.id, transaction)
        const those = { _id: { $in: found.map(({ _id }) => _id) } }
        await embeddings.deleteMany(those, { session })
        return found.length
      }),
  }
}
