import { FaceError } from '../../core/errors.ts'
import type { Face, FaceStore } from '../ports/faces.ts'
import { isSha256 } from '../rules/input-checks.ts'
import { isUlid, parsePageOptions, toPage } from '../rules/pages.ts'
import { type MongoContext, readInCollection } from './context.ts'
import { addToCounts } from './counters.ts'
import { faceProjection, toFace } from './documents.ts'
import { insertChanges } from './feed.ts'
import { forgetAnswers, forgetLateAnswers } from './idempotency.ts'
import type { Lookups } from './lookups.ts'
import { facesByPerson } from './schema.ts'

/** Faces, as {@link FaceStore} says. */
export function createFaceOperations(context: MongoContext): Omit<FaceStore, 'add' | Lookups> {
  const { tables } = context

  async function getFace(collectionId: string, faceId: string): Promise<Face> {
    const read = () =>
      tables.faces.findOne({ _id: faceId, collectionId }, { projection: faceProjection })
    const document = isUlid(faceId)
      ? await readInCollection(context, collectionId, { read, none: null })
      : null
    if (!document) throw new FaceError('faceNotFound')
    return toFace(document)
  }

  return {
    get: getFace,

    async list(collectionId, options = {}) {
      const { after, limit } = parsePageOptions('faces', options)
      const { personId } = options
      if (personId !== undefined && !isUlid(personId)) return { items: [] }
      const read = () => {
        const cursor = tables.faces
          .find(
            { collectionId, _id: { $gt: after }, ...(personId === undefined ? {} : { personId }) },
            { projection: faceProjection },
          )
          .sort({ _id: 1 })
          .limit(limit + 1)
        // Left to the planner, it may walk through all faces of the collection.
        return (personId === undefined ? cursor : cursor.hint(facesByPerson)).toArray()
      }
      const found = await readInCollection(context, collectionId, { read, none: [] })
      return toPage('faces', found.map(toFace), limit)
    },

    async getCrop(collectionId, faceId) {
      const { hasCrop } = await getFace(collectionId, faceId)
      const crop = hasCrop ? await tables.crops.findOne({ _id: faceId }) : null
      return crop ? Uint8Array.from(crop.bytes.value()) : undefined
    },

    async delete(collectionId, faceId) {
      await context.transact(async (transaction) => {
        const { session } = transaction
        const face = isUlid(faceId)
          ? await tables.faces.findOneAndDelete({ _id: faceId, collectionId }, { session })
          : null
        if (!face) throw new FaceError('faceNotFound')
        await forgetAnswers(context, [faceId], transaction)
        await addToCounts(context, collectionId, { transaction, persons: 0, faces: -1 })
        const decrease = { $inc: { faceCount: -1 } }
        await tables.persons.updateOne({ _id: face.personId }, decrease, { session })
        if (face.hasCrop) await tables.crops.deleteOne({ _id: faceId }, { session })
        await insertChanges(context, [{ kind: 'faceRemoved', collectionId, faceId }], transaction)
      })
      await forgetLateAnswers(context, [faceId])
    },

    async findByImage(collectionId, imageHash) {
      if (!isSha256(imageHash)) return []
      const read = () =>
        tables.faces
          .find({ collectionId, imageHash }, { projection: faceProjection })
          .sort({ _id: 1 })
          .toArray()
      const found = await readInCollection(context, collectionId, { read, none: [] })
      return found.map(toFace)
    },
  }
}
