import { FaceError } from '../../core/errors.ts'
import type { Collection, CollectionModel, EmbeddingSet } from '../ports/collections.ts'
import { assertCollection } from './input-checks.ts'

/** The models of a collection, the one that answers first. */
export function modelsOf(collection: Collection): readonly CollectionModel[] {
  return collection.second === undefined ? [collection] : [collection, collection.second]
}

/**
 * Checks a second model before it is begun.
 *
 * @returns whether it is the collection's second model already
 * @throws {FaceError} as `SecondModelStore.begin`
 */
export function isSecondModel(
  collection: Collection,
  { modelId, dimension }: Omit<CollectionModel, 'indexId'>,
): boolean {
  assertCollection({ name: collection.name, dimension })
  if (modelId === collection.modelId) {
    throw new FaceError('modelConflict', { detail: `It answers with ${modelId} already.` })
  }
  const { second } = collection
  if (second === undefined) return false
  if (second.modelId === modelId) return true
  throw new FaceError('modelConflict', {
    detail: `It has a second model already: ${second.modelId}.`,
    info: { second: second.modelId },
  })
}

/** The model of a collection. @throws {FaceError} `modelMismatch` when it has no such model */
export function findSetModel(collection: Collection, { modelId }: EmbeddingSet): CollectionModel {
  const model = modelsOf(collection).find((one) => one.modelId === modelId)
  if (model !== undefined) return model
  throw new FaceError('modelMismatch', {
    detail: `The collection has no embeddings of ${modelId}.`,
  })
}

/** Checks that embeddings of a model may be erased. @throws {FaceError} `modelConflict` */
export function assertErasable(collection: Collection, { modelId }: EmbeddingSet): void {
  if (!modelsOf(collection).some((model) => model.modelId === modelId)) return
  throw new FaceError('modelConflict', { detail: `The collection has the model ${modelId}.` })
}

/** The collection with its second model as the one that answers; `undefined` where it has none. */
export function toSwitched(collection: Collection): Collection | undefined {
  const { second, ...rest } = collection
  return second && { ...rest, ...second, second: toCollectionModel(collection) }
}

/** The collection as one of its models answers for it. @throws {FaceError} `modelMismatch` */
export function toViewOf(collection: Collection, modelId: string): Collection {
  return { ...collection, ...findSetModel(collection, { id: collection.id, modelId }) }
}

/** The fields of a collection's model alone. */
export function toCollectionModel({
  modelId,
  dimension,
  policy,
  indexId,
}: CollectionModel): CollectionModel {
  return { modelId, dimension, policy, indexId }
}
