import type { Neighbour, VectorIndex } from '../search/vector-index.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { FaceStore } from '../storage/ports/faces.ts'
import { toEmbeddingRows } from '../storage/rules/embedding.ts'
import { lossyFactor, rescore } from './rescore.ts'

/** What a search needs of an index. */
export type SearchedIndex = Pick<VectorIndex, 'search' | 'lossy'>

/**
 * The faces nearest to each probe, whoever they are of; of a lossy index with similarities from the
 * store's embeddings.
 *
 * @param probes  n x dimension, row-major, unit rows
 * @returns n lists of at most `k`, similarity descending
 */
export async function searchFaces(
  {
    store,
    index,
  }: {
    readonly store: { readonly faces: Pick<FaceStore, 'getEmbeddings'> }
    readonly index: SearchedIndex
  },
  collection: Collection,
  { probes, k }: { readonly probes: Float32Array; readonly k: number },
): Promise<readonly (readonly Neighbour[])[]> {
  if (!index.lossy) return index.search(probes, k)
  const { dimension } = collection
  const listed = await index.search(probes, k * lossyFactor)
  const faceIds = [...new Set(listed.flat().map(({ faceId }) => faceId))]
  const rows = toEmbeddingRows(await store.faces.getEmbeddings(collection, { faceIds }))
  return listed.map((list, row) => {
    const probe = probes.subarray(row * dimension, (row + 1) * dimension)
    return rescore(probe, list, { embeddings: rows, k })
  })
}
