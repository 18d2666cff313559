import { dotProduct } from '../core/similarity.ts'
import type { Neighbour } from '../search/vector-index.ts'

/** How many times as many faces a lossy index is asked for: its order is only nearly right. */
export const lossyFactor = 4

/**
 * The faces that a lossy index listed for a probe, by their exact similarity, as an exact index answers.
 *
 * @param probe       [d], unit vector
 * @param embeddings  of the listed faces, by face id; a face that has none is gone and left out
 * @returns at most `k`, similarity descending, ties by face id
 */
export function rescore(
  probe: Float32Array,
  listed: readonly Neighbour[],
  { embeddings, k }: { readonly embeddings: ReadonlyMap<string, Float32Array>; readonly k: number },
): readonly Neighbour[] {
  return listed
    .flatMap(({ faceId }) => {
      const embedding = embeddings.get(faceId)
      return embedding ? [{ faceId, similarity: dotProduct(probe, embedding) }] : []
    })
    .sort((a, b) => b.similarity - a.similarity || (a.faceId < b.faceId ? -1 : 1))
    .slice(0, k)
}
