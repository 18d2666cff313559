import { FaceError } from '../core/errors.ts'
import { parseEmbedding } from '../core/similarity.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { EmbeddingProbe } from './face-watcher.ts'

/** Callers without types may give anything: what is no embedding is examined as an image. */
export function isEmbeddingProbe(
  input: Uint8Array | EmbeddingProbe | { readonly bytes: Uint8Array },
): input is EmbeddingProbe {
  return typeof input === 'object' && input !== null && 'embedding' in input
}

/**
 * An embedding that was given instead of an image, as a unit vector of the collection's model.
 *
 * @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding`
 */
export function readEmbedding(collection: Collection, probe: EmbeddingProbe): Float32Array {
  if (probe.modelId !== collection.modelId) {
    throw new FaceError('modelMismatch', {
      detail: `The collection holds embeddings of ${collection.modelId}.`,
      info: { expected: collection.modelId },
    })
  }
  return parseEmbedding(probe.embedding, collection.dimension)
}
