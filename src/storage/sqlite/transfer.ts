import { FaceError } from '../../core/errors.ts'
import type { TransferStore } from '../ports/transfer.ts'
import { assertUnitEmbedding } from '../rules/embedding.ts'
import { assertDimension, assertId, assertImageHash, assertModel } from '../rules/input-checks.ts'
import { insertCollection } from './collections.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { writeFace } from './faces.ts'
import { createStatementMoves } from './moved-statements.ts'
import { findPerson, writePerson } from './persons.ts'
import {
  collectionColumns,
  faceColumns,
  facesAndModel,
  readCrop,
  readEmbedding,
  readFace,
} from './rows.ts'

/** Moving galleries, as {@link TransferStore} says. Embeddings are stored bit for bit. */
export function createTransferOperations(context: StoreContext): Synchronous<TransferStore> {
  const { db } = context
  return {
    ...createStatementMoves(context),

    readFaces(collectionId, { after = '', limit }) {
      const rows = db.all(
        `SELECT ${faceColumns}, (SELECT embedding FROM embeddings e WHERE e.face_id = faces.id ` +
          'AND e.model_id = collections.model_id) AS embedding, ' +
          'crops.bytes AS crop, crops.place AS crop_place ' +
          `FROM ${facesAndModel} LEFT JOIN crops ON crops.face_id = faces.id ` +
          'WHERE faces.collection_id = ? AND faces.id > ? ORDER BY faces.id LIMIT ?',
        [collectionId, after, limit],
      )
      return rows.map((row) => {
        const crop = readCrop(row)
        return {
          ...readFace(row),
          ...(row.embedding === null ? {} : { embedding: readEmbedding(row) }),
          ...(crop && { crop }),
        }
      })
    },

    restoreCollection(collection) {
      assertId(collection.id)
      const rows = db.all(`SELECT ${collectionColumns} FROM collections WHERE id = ? OR name = ?`, [
        collection.id,
        collection.name,
      ])
      if (rows.length === 0) insertCollection(context, collection)
      const same = rows.every(
        (row) =>
          row.id === collection.id &&
          row.name === collection.name &&
          row.model_id === collection.modelId &&
          row.dimension === collection.dimension,
      )
      if (!same) throw new FaceError('collectionExists')
    },

    restorePersons(collectionId, persons) {
      findCollection(context, collectionId)
      for (const person of persons) {
        assertId(person.id)
        writePerson(context, collectionId, person)
      }
    },

    restoreFaces(collectionId, faces) {
      const collection = findCollection(context, collectionId)
      for (const personId of new Set(faces.map((face) => face.personId))) {
        findPerson(context, collectionId, personId)
      }
      for (const face of faces) {
        assertId(face.id)
        assertImageHash(face)
        assertModel(collection, face)
        const { embedding } = face
        if (embedding !== undefined) {
          assertDimension(collection, embedding)
          assertUnitEmbedding(embedding)
        }
        writeFace(context, collectionId, {
          ...face,
          embeddings: embedding === undefined ? [] : [{ modelId: collection.modelId, embedding }],
        })
      }
    },
  }
}
