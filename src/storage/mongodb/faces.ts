import { FaceError } from '../../core/errors.ts'
import type { Collection } from '../ports/collections.ts'
import type { Face, FaceStore } from '../ports/faces.ts'
import { toFaceChange } from '../rules/history.ts'
import { isSha256 } from '../rules/input-checks.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { findAsideByImage, tellErased } from './aside-faces.ts'
import { type MongoContext, readInCollection, readWithModel } from './context.ts'
import { addToCounts } from './counters.ts'
import { toCrop, toEmbeddingId, toFace } from './documents.ts'
import { addToFaceCounts } from './face-owners.ts'
import { appendEntry } from './history-documents.ts'
import { forgetLateAnswers } from './idempotency.ts'
import type { Lookups } from './lookups.ts'
import { facesByPerson } from './schema.ts'
import type { FaceDocument } from './tables.ts'
import type { Transaction } from './transactions.ts'
import { eraseKept, removeFaces } from './trash.ts'

/**
 * Faces of a collection as they are answered.
 *
 * @param transaction  in which they were read, if in any
 */
export async function toFaces(
  { tables }: MongoContext,
  { modelId }: Pick<Collection, 'modelId'>,
  {
    found,
    transaction,
  }: { readonly found: readonly FaceDocument[]; readonly transaction?: Transaction },
): Promise<readonly Face[]> {
  if (found.length === 0) return []
  const ids = found.map(({ _id }) => toEmbeddingId(_id, { modelId }))
  const session = transaction && { session: transaction.session }
  const embeddings = await tables.embeddings
    .find({ _id: { $in: ids } }, { ...session, projection: { _id: 1 } })
    .toArray()
  const embedded = new Set(embeddings.map(({ _id }) => _id))
  return found.map((document, i) =>
    toFace(document, { modelId, hasEmbedding: embedded.has(ids[i] as string) }),
  )
}

/** Faces, as {@link FaceStore} says. */
export function createFaceOperations(
  context: MongoContext,
): Omit<FaceStore, 'add' | 'move' | Lookups> {
  const { tables } = context

  async function readFaces(
    collectionId: string,
    read: () => Promise<readonly FaceDocument[]>,
  ): Promise<readonly Face[]> {
    const result = await readWithModel(context, collectionId, read)
    return result ? toFaces(context, result, { found: result.found }) : []
  }

  async function findFace(collectionId: string, faceId: string): Promise<FaceDocument> {
    const document = isUlid(faceId)
      ? await readInCollection(context, collectionId, {
          read: () => tables.faces.findOne({ _id: faceId, collectionId }),
          none: null,
        })
      : null
    if (!document) throw new FaceError('faceNotFound')
    return document
  }

  return {
    async get(collectionId, faceId) {
      const read = () => tables.faces.find({ _id: faceId, collectionId }).toArray()
      const [face] = isUlid(faceId) ? await readFaces(collectionId, read) : []
      if (!face) throw new FaceError('faceNotFound')
      return face
    },

    async list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('faces', options)
      const { personId } = options
      if (personId !== undefined && !isUlid(personId)) return { items: [] }
      const read = () => {
        const cursor = tables.faces
          .find({
            collectionId,
            _id: { $gt: after },
            ...(personId === undefined ? {} : { personId }),
          })
          .sort({ _id: 1 })
          .limit(limit + 1)
        // Left to the planner, it may walk through all faces of the collection.
        return (personId === undefined ? cursor : cursor.hint(facesByPerson)).toArray()
      }
      return toPage('faces', await readFaces(collectionId, read), limit)
    },

    async getCrop(collectionId, faceId) {
      const { hasCrop } = await findFace(collectionId, faceId)
      const crop = hasCrop ? await tables.crops.findOne({ _id: faceId }) : null
      return crop ? toCrop(crop) : undefined
    },

    async delete(collectionId, faceId, { undoable = false } = {}) {
      const owner = isUlid(faceId)
        ? await tables.faces.findOne({ _id: faceId, collectionId }, { projection: { personId: 1 } })
        : null
      const removed = await context.transact(async (transaction) => {
        const { session } = transaction
        const face = isUlid(faceId)
          ? await tables.faces.findOne({ _id: faceId, collectionId }, { session })
          : null
        const removal = { collectionId, transaction }
        if (!face) {
          const one = { _id: String(faceId), collectionId }
          const kept = undoable ? null : await tables.trash.findOne(one, { session })
          if (kept?.face === undefined) throw new FaceError('faceNotFound')
          if (kept.record === 'setAside') await tellErased(context, kept, transaction)
          await eraseKept(context, [kept], transaction)
          return {}
        }
        const { personId } = face
        const entry = await appendEntry(context, collectionId, {
          kind: 'faceDeleted',
          transitions: [toFaceChange(faceId, { from: personId })],
          transaction,
        })
        const kept = { ...removal, ...(undoable ? { entryId: entry?.id } : {}) }
        await removeFaces(context, kept, [face])
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: -1 })
        await addToFaceCounts(context, [{ personId, faces: -1 }], transaction)
        return { entryId: entry?.id }
      }, owner?.personId)
      await forgetLateAnswers(context, [faceId])
      return removed
    },

    async findByImage(collectionId, imageHash) {
      if (!isSha256(imageHash)) return []
      const there = await readFaces(collectionId, () =>
        tables.faces.find({ collectionId, imageHash }).sort({ _id: 1 }).toArray(),
      )
      const aside = await findAsideByImage(context, collectionId, imageHash)
      const ids = new Set(there.map(({ id }) => id))
      // One that was put back between the two questions is answered once.
      const others = aside.filter(({ id }) => !ids.has(id))
      return [...there, ...others].sort((a, b) => (a.id < b.id ? -1 : 1))
    },
  }
}
