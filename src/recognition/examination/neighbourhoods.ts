import type { Gallery } from '../../gallery/gallery.ts'
import type { Neighbour } from '../../search/vector-index.ts'
import { eachEmbeddingBatch } from '../../storage/iterate.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { ChangeFeed } from '../../storage/ports/feed.ts'

/** A face with the faces nearest to it. */
export interface Neighbourhood {
  readonly faceId: string
  /** Nearest first, without the face itself. */
  readonly neighbours: readonly Neighbour[]
}

/** Faces that are searched for together: half a mebibyte of 512 values each. */
const searchedTogether = 256
/** Most neighbours that are asked for where more lie above the least similarity. */
const mostNeighbours = 1024

/**
 * The nearest faces of each face of a collection. The index compares many at once; memory holds a batch
 * of faces and their neighbours.
 *
 * @param neighbours  how many of each at least
 * @param down        all that are at least so similar, cosine, up to 1,024
 */
export async function* eachNeighbourhood(
  {
    gallery,
    store,
  }: {
    readonly gallery: Pick<Gallery, 'searchFaces'>
    readonly store: { readonly feed: Pick<ChangeFeed, 'embeddings'> }
  },
  collection: Collection,
  { neighbours, down }: { readonly neighbours: number; readonly down: number },
): AsyncGenerator<readonly Neighbourhood[], void> {
  const { dimension } = collection

  async function search(faceIds: readonly string[], probes: Float32Array, k: number) {
    const lists = await gallery.searchFaces(collection, probes, k)
    const found = lists.map((list, row): Neighbourhood => {
      const faceId = faceIds[row] as string
      return { faceId, neighbours: list.filter((one) => one.faceId !== faceId) }
    })
    const full = lists.flatMap((list, row) =>
      list.length === k && (list.at(-1) as Neighbour).similarity >= down ? [row] : [],
    )
    if (full.length === 0 || k >= mostNeighbours) return found
    const again = new Float32Array(full.length * dimension)
    for (const [to, row] of full.entries()) {
      again.set(probes.subarray(row * dimension, (row + 1) * dimension), to * dimension)
    }
    const more = await search(
      full.map((row) => faceIds[row] as string),
      again,
      Math.min(mostNeighbours, 4 * k),
    )
    for (const [i, row] of full.entries()) found[row] = more[i] as Neighbourhood
    return found
  }

  for await (const { faceIds, embeddings } of eachEmbeddingBatch(store, collection)) {
    for (let from = 0; from < faceIds.length; from += searchedTogether) {
      const some = faceIds.slice(from, from + searchedTogether)
      const probes = embeddings.slice(from * dimension, (from + some.length) * dimension)
      yield await search(some, probes, neighbours + 1)
    }
  }
}
