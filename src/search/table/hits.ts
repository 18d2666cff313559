import type { SearchCandidate } from '../vector-index.ts'

/** The candidates of several probes, one probe behind the other: cheap to send between threads. */
export interface RowHits {
  readonly counts: readonly number[]
  readonly faceIds: readonly string[]
  readonly similarities: Float64Array
}

/** Puts the lists of several probes into one message. */
export function toHits(lists: readonly (readonly SearchCandidate[])[]): RowHits {
  const all = lists.flat()
  return {
    counts: lists.map((list) => list.length),
    faceIds: all.map(({ faceId }) => faceId),
    similarities: Float64Array.from(all, ({ similarity }) => similarity),
  }
}

/** The lists that {@link toHits} was given. */
export function toLists(hits: RowHits): readonly (readonly SearchCandidate[])[] {
  let from = 0
  return hits.counts.map((count) => {
    const end = from + count
    const list: SearchCandidate[] = []
    for (; from < end; from++) {
      list.push({ faceId: hits.faceIds[from]!, similarity: hits.similarities[from]! })
    }
    return list
  })
}
