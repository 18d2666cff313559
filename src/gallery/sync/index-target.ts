import type { Collection } from '../../storage/ports/collections.ts'
import { modelsOf } from '../../storage/rules/second-models.ts'

/** An index: of the embeddings that one model made of a collection's faces. `id` is the collection's. */
export type IndexTarget = Pick<Collection, 'id' | 'modelId' | 'dimension' | 'indexId'>

/** The indexes of a collection, that of the model that answers first. */
export function indexesOf(collection: Collection): readonly IndexTarget[] {
  return modelsOf(collection).map((model) => ({ ...model, id: collection.id }))
}
