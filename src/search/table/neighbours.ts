import type { Neighbour } from '../vector-index.ts'

/** The candidates of several probes, one probe behind the other: cheap to send between threads. */
export interface RowNeighbours {
  readonly counts: readonly number[]
  readonly faceIds: readonly string[]
  readonly similarities: Float64Array
}

/** Puts the lists of several probes into one message. */
export function toRowNeighbours(lists: readonly (readonly Neighbour[])[]): RowNeighbours {
  const all = lists.flat()
  return {
    counts: lists.map((list) => list.length),
    faceIds: all.map(({ faceId }) => faceId),
    similarities: Float64Array.from(all, ({ similarity }) => similarity),
  }
}

/** The lists that {@link toRowNeighbours} was given. */
export function toLists(neighbours: RowNeighbours): readonly (readonly Neighbour[])[] {
  let from = 0
  return neighbours.counts.map((count) => {
    const end = from + count
    const list: Neighbour[] = []
    for (; from < end; from++) {
      list.push({ faceId: neighbours.faceIds[from]!, similarity: neighbours.similarities[from]! })
    }
    return list
  })
}
