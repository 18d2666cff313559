import { type TArray, type TNumber, Type } from 'typebox'
import { FaceError } from '../../../core/errors.ts'
import type { EmbeddingProbe } from '../../../recognition/face-watcher.ts'

/** An embedding in a JSON body. */
export const embeddingSchema: TArray<TNumber> = Type.Array(Type.Number(), {
  minItems: 1,
  maxItems: 4096,
  description: 'Instead of an image: an embedding of the model `modelId`, of any length but 0.',
})

/** @throws {FaceError} `invalidRequest` without the model */
export function toEmbeddingProbe(
  embedding: readonly number[],
  modelId: string | undefined,
): EmbeddingProbe {
  if (modelId === undefined) {
    throw new FaceError('invalidRequest', {
      detail: '"modelId" is required beside an embedding: the model that computed it.',
    })
  }
  return { embedding: Float32Array.from(embedding), modelId }
}
