import { FaceError } from '../../core/errors.ts'
import type { StoredFace } from '../ports/faces.ts'
import type { TransferStore } from '../ports/transfer.ts'
import { assertUnitEmbedding } from '../rules/embedding.ts'
import {
  assertCollection,
  assertDimension,
  assertId,
  assertImageHash,
  assertModel,
} from '../rules/input-checks.ts'
import { externalIdTaken } from '../rules/person-by-name.ts'
import { insertCollection } from './collections.ts'
import { findCollection, type MongoContext, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import type { DeletedCollectionCleaner } from './deleted-collections.ts'
import { readEmbedding, toCrop, toEmbeddingId, toFace } from './documents.ts'
import { findBySource, insertFaces, toSource, type WrittenFace } from './face-writes.ts'
import { createStatementMoves } from './moved-statements.ts'
import { assertFreeExternalId } from './person-by-name.ts'
import { toPersonDocument } from './person-documents.ts'
import type { Transaction } from './transactions.ts'

/** Moving galleries, as {@link TransferStore} says. Embeddings are stored bit for bit. */
export function createTransferOperations(
  context: MongoContext,
  cleaner: DeletedCollectionCleaner,
): TransferStore {
  const { collections, persons, faces, embeddings, crops, purges } = context.tables

  /** Those that are not there, by id or by source, each once. */
  async function selectMissing(
    given: readonly StoredFace[],
    transaction: Transaction,
  ): Promise<StoredFace[]> {
    const { session } = transaction
    const those = { _id: { $in: given.map((face) => face.id) } }
    const stored = await faces.find(those, { session, projection: { _id: 1 } }).toArray()
    const ids = new Set(stored.map((face) => face._id))
    const sources = new Set((await findBySource(context, given, transaction)).keys())
    return given.filter((face) => {
      const source = toSource(face)
      if (ids.has(face.id) || sources.has(source)) return false
      ids.add(face.id)
      sources.add(source)
      return true
    })
  }

  return {
    ...createStatementMoves(context),

    async readFaces(collectionId, { after = '', limit }) {
      const read = () =>
        faces
          .find({ collectionId, _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray()
      const result = await readWithModel(context, collectionId, read)
      if (!result) return []
      const { found, modelId } = result
      const embeddingIds = found.map(({ _id }) => toEmbeddingId(_id, { modelId }))
      const withCrop = found.filter((face) => face.hasCrop).map((face) => face._id)
      const [itsEmbeddings, itsCrops] = await Promise.all([
        embeddings.find({ _id: { $in: embeddingIds } }).toArray(),
        crops.find({ _id: { $in: withCrop } }).toArray(),
      ])
      const embeddingOf = new Map(itsEmbeddings.map((document) => [document.faceId, document]))
      const cropOf = new Map(itsCrops.map((document) => [document._id, document]))
      return found.map((document) => {
        const embedding = embeddingOf.get(document._id)
        const crop = cropOf.get(document._id)
        return {
          ...toFace(document, { modelId, hasEmbedding: embedding !== undefined }),
          ...(embedding === undefined ? {} : { embedding: readEmbedding(embedding) }),
          ...(crop === undefined ? {} : { crop: toCrop(crop) }),
        }
      })
    },

    async restoreCollection(collection) {
      assertId(collection.id)
      assertCollection(collection)
      const { id, name, modelId, dimension } = collection
      // What is left of it from before it was deleted must not be taken for restored.
      if (await purges.findOne({ _id: id })) await cleaner.purge(id)
      await context.transact(async (transaction) => {
        const { session } = transaction
        const stored = await collections
          .find({ $or: [{ _id: id }, { name }] }, { session })
          .toArray()
        if (stored.length === 0) await insertCollection(context, collection, transaction)
        const same = stored.every(
          (other) =>
            other._id === id &&
            other.name === name &&
            other.modelId === modelId &&
            other.dimension === dimension,
        )
        if (!same) throw new FaceError('collectionExists')
      })
    },

    async restorePersons(collectionId, all) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        await findCollection(context, collectionId, transaction)
        const documents = all.map((person) => {
          assertId(person.id)
          return toPersonDocument(collectionId, person)
        })
        const those = { _id: { $in: all.map((person) => person.id) } }
        const stored = await persons.find(those, { session, projection: { _id: 1 } }).toArray()
        const ids = new Set(stored.map((person) => person._id))
        const missing = documents.filter(({ _id }) => !ids.has(_id) && ids.add(_id))
        if (missing.length === 0) return
        const given = new Map<string, string>()
        for (const document of missing) {
          await assertFreeExternalId(context, document, transaction)
          const { _id, externalId } = document
          if (externalId === undefined) continue
          const owner = given.get(externalId)
          if (owner !== undefined) throw externalIdTaken(owner)
          given.set(externalId, _id)
        }
        await persons.insertMany(missing, { session })
        await addToCounts(context, collectionId, { transaction, persons: missing.length, faces: 0 })
      })
    },

    async restoreFaces(collectionId, given) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        const collection = await findCollection(context, collectionId, transaction)
        const personIds = [...new Set(given.map((face) => face.personId))]
        const owners = { _id: { $in: personIds }, collectionId }
        if ((await persons.countDocuments(owners, { session })) < personIds.length) {
          throw new FaceError('personNotFound')
        }
        for (const face of given) {
          assertId(face.id)
          assertImageHash(face)
          assertModel(collection, face)
          if (face.embedding === undefined) continue
          assertDimension(collection, face.embedding)
          assertUnitEmbedding(face.embedding)
        }
        const missing = await selectMissing(given, transaction)
        if (missing.length === 0) return
        const counts = new Map<string, number>()
        for (const { personId } of missing) counts.set(personId, (counts.get(personId) ?? 0) + 1)
        await persons.bulkWrite(
          [...counts].map(([_id, faceCount]) => ({
            updateOne: { filter: { _id }, update: { $inc: { faceCount } } },
          })),
          { session },
        )
        const written = missing.map(toWrittenFace)
        await insertFaces(context, { collectionId, faces: written }, transaction)
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: missing.length })
      })
    },
  }
}

function toWrittenFace({ embedding, ...face }: StoredFace): WrittenFace {
  const { modelId } = face
  return { ...face, embeddings: embedding === undefined ? [] : [{ modelId, embedding }] }
}
