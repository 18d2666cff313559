import { isDeepStrictEqual } from 'node:util'
import type { Quality } from '../../core/types.ts'
import type { Collection, CollectionModel } from '../ports/collections.ts'
import type { SecondModelStore } from '../ports/second-models.ts'
import { assertUnitEmbedding } from '../rules/embedding.ts'
import { assertDimension } from '../rules/input-checks.ts'
import {
  assertErasable,
  findSetModel,
  isSecondModel,
  toCollectionModel,
} from '../rules/second-models.ts'
import { appendChange } from './changes.ts'
import { findCollection, type StoreContext, type Synchronous } from './context.ts'
import { writeEmbedding } from './faces.ts'
import {
  collectionColumns,
  readCollection,
  readCrop,
  readJson,
  readNumber,
  readText,
} from './rows.ts'

/** Second models of collections, as {@link SecondModelStore} says. */
export function createSecondModelOperations(context: StoreContext): Synchronous<SecondModelStore> {
  const { db } = context

  function isUnchanged(was: Collection): boolean {
    const row = db.get(`SELECT ${collectionColumns} FROM collections WHERE id = ?`, [was.id])
    return row !== undefined && isDeepStrictEqual(readCollection(row), was)
  }

  function writeModels(
    collectionId: string,
    answering: CollectionModel,
    second: CollectionModel | undefined,
  ): Collection {
    db.run(
      'UPDATE collections SET model_id = ?, dimension = ?, policy = ?, index_id = ?, ' +
        'second_model = ? WHERE id = ?',
      [
        answering.modelId,
        answering.dimension,
        JSON.stringify(answering.policy),
        answering.indexId,
        second === undefined ? null : JSON.stringify(toCollectionModel(second)),
        collectionId,
      ],
    )
    return findCollection(context, collectionId)
  }

  const lackingFrom =
    'FROM faces f WHERE f.collection_id = ? AND f.id > ? AND NOT EXISTS ' +
    '(SELECT 1 FROM embeddings e WHERE e.face_id = f.id AND e.model_id = ?)'

  return {
    begin(collectionId, model) {
      const collection = findCollection(context, collectionId)
      if (isSecondModel(collection, model)) return collection
      const changed = writeModels(collectionId, collection, { ...model, indexId: context.newId() })
      appendChange(context, { kind: 'modelsChanged', collectionId })
      return changed
    },

    lacking({ id, modelId }, { after = '', limit }) {
      const rows = db.all(
        `SELECT f.id, f.person_id, f.quality, c.bytes AS crop, c.place AS crop_place ` +
          `FROM (SELECT f.id, f.person_id, f.quality ${lackingFrom} ORDER BY f.id LIMIT ?) f ` +
          'LEFT JOIN crops c ON c.face_id = f.id ORDER BY f.id',
        [id, after, modelId, limit],
      )
      return rows.map((row) => {
        const crop = readCrop(row)
        const quality = readJson<Quality | null>(row, 'quality')
        return {
          ...{ faceId: readText(row, 'id'), personId: readText(row, 'person_id') },
          ...(quality && { confidence: quality.confidence }),
          ...(crop && { crop }),
        }
      })
    },

    countLacking: ({ id, modelId }) =>
      readNumber(db.get(`SELECT count(*) AS faces ${lackingFrom}`, [id, '', modelId]), 'faces'),

    fill(set, embeddings) {
      const collection = findCollection(context, set.id)
      const model = findSetModel(collection, set)
      let filled = 0
      for (const { faceId, embedding } of embeddings) {
        assertDimension(model, embedding)
        assertUnitEmbedding(embedding)
        const face = db.get('SELECT 1 AS found FROM faces WHERE id = ? AND collection_id = ?', [
          faceId,
          set.id,
        ])
        if (!face) continue
        const written = { collectionId: set.id, faceId, modelId: set.modelId, embedding }
        if (writeEmbedding(context, written)) filled++
      }
      return filled
    },

    switchTo(was) {
      if (was.second === undefined || !isUnchanged(was)) return undefined
      return writeModels(was.id, was.second, was)
    },

    end(was) {
      if (was.second === undefined || !isUnchanged(was)) return undefined
      const changed = writeModels(was.id, was, undefined)
      appendChange(context, { kind: 'modelsChanged', collectionId: was.id })
      return changed
    },

    erase(set, limit) {
      assertErasable(findCollection(context, set.id), set)
      return db.run(
        'DELETE FROM embeddings WHERE rowid IN (SELECT e.rowid FROM faces f ' +
          'CROSS JOIN embeddings e ON e.face_id = f.id AND e.model_id = ? ' +
          'WHERE f.collection_id = ? LIMIT ?)',
        [set.modelId, set.id, limit],
      )
    },
  }
}
