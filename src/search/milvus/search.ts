import type { Neighbour } from '../vector-index.ts'
import { compareNeighbours, type MilvusOverlay, type OverlayView } from './overlay.ts'
import { type MilvusRows, maxLimit } from './rows.ts'

/** Asked for beyond `k` at first: enough to see where equal similarities end. */
const margin = 8
/** Probes in one call. */
const maxProbes = 64

/**
 * Searches Milvus and the recent changes as one.
 *
 * @param probes  n x dimension, row-major
 * @param k       from 1; of more than 16,384 faces, Milvus' limit, the rest is not found
 * @returns for each probe at most `k` candidates, similarity to 6 decimals descending, ties by face id
 */
export async function searchMerged(
  deps: {
    readonly rows: MilvusRows
    readonly overlay: MilvusOverlay
    readonly dimension: number
  },
  probes: Float32Array,
  k: number,
): Promise<readonly (readonly Neighbour[])[]> {
  const { rows, overlay, dimension } = deps
  const results: (readonly Neighbour[])[] = []
  const first = Math.min(maxLimit, k + margin)
  let limit = first
  for (let from = 0; from < probes.length; ) {
    const count = Math.max(1, Math.min(maxProbes, Math.floor(maxLimit / limit)))
    const part = probes.subarray(from, from + count * dimension)
    const view = overlay.view(part, { k, dimension })
    const found = await rows.search(part, limit)
    if (limit < maxLimit && found.some((list) => !isEnough(list, view, { k, limit }))) {
      limit = Math.min(maxLimit, limit * 2)
      continue
    }
    for (const [row, list] of found.entries()) results.push(merge(list, view, { row, k }))
    from += part.length
    limit = first
  }
  return results
}

/** Whether no face that Milvus left out could be among the best `k`. */
function isEnough(
  list: readonly Neighbour[],
  view: OverlayView,
  { k, limit }: { readonly k: number; readonly limit: number },
): boolean {
  if (list.length < limit) return true
  const last = list.filter(({ faceId }) => !view.hides(faceId))[k - 1]
  return last !== undefined && last.similarity > list.at(-1)!.similarity
}

function merge(
  list: readonly Neighbour[],
  view: OverlayView,
  { row, k }: { readonly row: number; readonly k: number },
): readonly Neighbour[] {
  const neighbours = view.neighbours[row]!
  const recent = new Set(neighbours.map(({ faceId }) => faceId))
  const others = list.filter(({ faceId }) => !view.hides(faceId) && !recent.has(faceId))
  return [...neighbours, ...others].sort(compareNeighbours).slice(0, k)
}
