import { FaceError } from '../../core/errors.ts'
import type { EmbeddingBatch } from '../../core/types.ts'

// float32 sums of 512 squares err by about 1e-6; a norm further off than this was never normalised.
const normTolerance = 1e-3

/**
 * A copy of the embedding with norm 1; see [Note: Unit length] in core/similarity.ts.
 *
 * @param embedding  d values, norm within 1e-3 of 1
 * @returns d values, norm 1 to float32 precision
 * @throws {FaceError} `invalidEmbedding` as {@link assertUnitEmbedding}
 */
export function toUnitEmbedding(embedding: Float32Array): Float32Array {
  const norm = assertUnitEmbedding(embedding)
  return embedding.map((value) => value / norm)
}

/**
 * Checks an embedding that has to stay as it is: one that is normalised once more may differ in its
 * last bits.
 *
 * @param embedding  d values
 * @returns its norm, within 1e-3 of 1
 * @throws {FaceError} `invalidEmbedding` when it is empty, has a value that is not finite, or is not normalised
 */
export function assertUnitEmbedding(embedding: Float32Array): number {
  if (!(embedding instanceof Float32Array) || embedding.length === 0) {
    throw new FaceError('invalidEmbedding', { detail: 'Expected a non-empty Float32Array.' })
  }
  let squares = 0
  for (const value of embedding) squares += value * value
  if (!Number.isFinite(squares)) {
    throw new FaceError('invalidEmbedding', { detail: 'Every value must be a finite number.' })
  }
  const norm = Math.sqrt(squares)
  if (Math.abs(norm - 1) > normTolerance) {
    throw new FaceError('invalidEmbedding', {
      detail: `Its norm is ${norm.toPrecision(4)}; expected 1 within ${normTolerance}.`,
    })
  }
  return norm
}

/** The embeddings of a batch by face id, in its order; views of its array. */
export function toEmbeddingRows({
  faceIds,
  embeddings,
}: EmbeddingBatch): Map<string, Float32Array> {
  const dimension = embeddings.length / faceIds.length
  return new Map(
    faceIds.map((faceId, i) => [faceId, embeddings.subarray(i * dimension, (i + 1) * dimension)]),
  )
}

/**
 * The embeddings of several faces in one array.
 *
 * @throws {FaceError} `storeCorrupt` when they are of different lengths
 */
export function toEmbeddingBatch(
  faceIds: readonly string[],
  vectors: readonly Float32Array[],
): EmbeddingBatch {
  const dimension = vectors[0]?.length ?? 0
  const embeddings = new Float32Array(vectors.length * dimension)
  for (const [i, vector] of vectors.entries()) {
    if (vector.length !== dimension) {
      throw new FaceError('storeCorrupt', {
        detail: 'Embeddings of a collection differ in length.',
      })
    }
    embeddings.set(vector, i * dimension)
  }
  return { faceIds, embeddings }
}
