import type { Collection } from '../ports/collections.ts'
import type { ModelEmbedding, NewFace } from '../ports/faces.ts'
import { toUnitEmbedding } from './embedding.ts'
import { assertDimension, assertImageHash, assertModel } from './input-checks.ts'
import { modelsOf } from './second-models.ts'

/**
 * Checks that a new face may be stored in the collection.
 *
 * @returns what is stored of its embeddings, as unit vectors: that of the model that answers and, where
 *   there is one, that of the second model. Models may have changed since the face was analysed.
 * @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`, `invalidOption`
 */
export function toStoredEmbeddings(
  collection: Collection,
  face: NewFace,
): readonly ModelEmbedding[] {
  assertImageHash(face)
  const given: readonly ModelEmbedding[] = face.second === undefined ? [face] : [face, face.second]
  const [answering, second] = modelsOf(collection).map((model) => {
    const found = given.find(({ modelId }) => modelId === model.modelId)
    if (found === undefined) return undefined
    assertDimension(model, found.embedding)
    return { modelId: model.modelId, embedding: toUnitEmbedding(found.embedding) }
  })
  if (answering === undefined) assertModel(collection, face)
  return [answering, second].filter((embedding) => embedding !== undefined)
}
