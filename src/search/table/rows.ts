import { FaceError } from '../../core/errors.ts'
import type { Neighbour } from '../vector-index.ts'
import type { RowNeighbours } from './neighbours.ts'
import { computeLargestNorm, toLengthError } from './norms.ts'
import type { Product } from './product.ts'
import {
  multiplyRows,
  raiseBest,
  rankRows,
  type SearchedRows,
  scanRows,
  type Wanted,
} from './row-search.ts'
import { createSegment, type Segment, toStrideFloats } from './segments.ts'
import type { FrozenRows, RowBatch, SnapshotSink, VectorTable } from './table.ts'

/** All vectors of one index, in WebAssembly memories, without gaps. */
export interface RowTable extends Pick<VectorTable, 'count' | 'faceIds'> {
  /** As {@link VectorTable.upsert}, at once. */
  upsert(faceIds: readonly string[], vectors: Float32Array): undefined
  /** As {@link VectorTable.remove}, at once. */
  remove(faceIds: readonly string[]): undefined
  /** As {@link VectorTable.vectors}, at once. */
  vectors(faceIds: readonly string[]): Float32Array
  /** The rows as they are now. One at a time. */
  freeze(): FrozenRows
  /** As {@link VectorTable.search}, and nothing else runs meanwhile. */
  search(probes: Float32Array, wanted: Wanted): RowNeighbours
  /** The same on all cores; nothing may change before it is done. */
  searchOnAllCores(
    probes: Float32Array,
    options: Wanted & { readonly product: Product },
  ): Promise<RowNeighbours>
  /** See the function of that name. */
  raiseBest(probes: Parameters<typeof raiseBest>[1], options: Parameters<typeof raiseBest>[2]): void
  /** See {@link SnapshotSink.room}; nothing may be removed before those rows are there. */
  room(from: number, rows: number): Float32Array<ArrayBuffer> | undefined
  /** The vector of a row that exists; a view that the next change may overwrite. */
  at(row: number): Float32Array
  /** The best of these rows, best first, ties by face id, as `search` gives them. */
  rank(
    probe: Float32Array,
    options: Wanted & { readonly listed: readonly number[] },
  ): readonly Neighbour[]
}

/**
 * Makes an empty table.
 *
 * @param kernel  the compiled `scan-f32.wasm`
 * @param dimension  1 to 65,536
 * @param onRow  called after a row got another vector
 */
export function createRowTable(
  kernel: WebAssembly.Module,
  dimension: number,
  onRow: (row: number) => void = () => undefined,
): RowTable {
  const strideFloats = toStrideFloats(dimension)
  const segments: Segment[] = []
  const idOfRow: string[] = []
  const rowOfId = new Map<string, number>()
  let largestNorm = 0
  let frozen:
    | { position: number; readonly count: number; readonly kept: Map<number, RowBatch> }
    | undefined

  function segmentOf(row: number): Segment {
    let i = segments.length - 1
    while (segments[i]!.start > row) i--
    return segments[i]!
  }

  function viewOf(row: number): Float32Array {
    const segment = segmentOf(row)
    const at = (row - segment.start) * strideFloats
    return segment.floats.subarray(at, at + dimension)
  }

  function growTo(row: number): void {
    const last = segments.at(-1)
    if (last !== undefined && row < last.start + last.capacity) return
    segments.push(createSegment(kernel, dimension, segments))
  }

  /** Where vectors lie since `room` was asked for them; without a segment when they lie elsewhere. */
  function toPlace({ buffer, byteOffset }: Float32Array): { segment?: Segment; row: number } {
    const segment = segments.find(({ floats }) => floats.buffer === buffer)
    if (segment === undefined) return { row: Number.NaN }
    return {
      segment,
      row: segment.start + (byteOffset - segment.floats.byteOffset) / (4 * strideFloats),
    }
  }

  /** Must come before a row gets another content or another id. */
  function keepForSnapshot(row: number): void {
    if (frozen === undefined || row < frozen.position || row >= frozen.count) return
    if (frozen.kept.has(row)) return
    frozen.kept.set(row, { faceIds: [idOfRow[row]!], vectors: new Float32Array(viewOf(row)) })
  }

  function removeRow(row: number): void {
    const last = idOfRow.length - 1
    keepForSnapshot(row)
    keepForSnapshot(last)
    rowOfId.delete(idOfRow[row]!)
    if (row !== last) {
      viewOf(row).set(viewOf(last))
      idOfRow[row] = idOfRow[last]!
      rowOfId.set(idOfRow[row]!, row)
    }
    idOfRow.length = last
    if (row !== last) onRow(row)
    // One empty segment stays, so that a gallery at the edge does not make and drop it in turns.
    const spare = segments.at(-2)
    if (spare !== undefined && spare.start >= last) segments.pop()
  }

  function rescore(probe: Float32Array, row: number): number {
    const vector = viewOf(row)
    let sum = 0
    for (let i = 0; i < dimension; i++) sum += probe[i]! * vector[i]!
    return sum
  }

  const searched: SearchedRows = {
    dimension,
    segments,
    get count() {
      return idOfRow.length
    },
    get largestNorm() {
      return largestNorm
    },
    faceId: (row) => idOfRow[row]!,
    rescore,
  }

  return {
    get count() {
      return idOfRow.length
    },

    upsert(faceIds, vectors) {
      if (vectors.length !== faceIds.length * dimension)
        throw toLengthError(vectors.length, dimension)
      const placed = toPlace(vectors)
      const norm = placed.segment?.largestNorm(placed.row - placed.segment.start, faceIds.length)
      largestNorm = Math.max(largestNorm, norm ?? computeLargestNorm(vectors, dimension))
      for (let i = 0; i < faceIds.length; i++) {
        const faceId = faceIds[i]!
        let row = rowOfId.get(faceId)
        if (row === undefined) {
          row = idOfRow.length
          growTo(row)
          idOfRow.push(faceId)
          rowOfId.set(faceId, row)
        } else {
          keepForSnapshot(row)
        }
        if (row !== placed.row + i) {
          viewOf(row).set(vectors.subarray(i * dimension, (i + 1) * dimension))
        }
        onRow(row)
      }
    },

    remove(faceIds) {
      for (const faceId of faceIds) {
        const row = rowOfId.get(faceId)
        if (row !== undefined) removeRow(row)
      }
    },

    search: (probes, wanted) => scanRows(searched, probes, wanted),

    searchOnAllCores: (probes, options) => multiplyRows(searched, probes, options),

    room(from, rows) {
      if (dimension !== strideFloats) return undefined
      growTo(from)
      const { start, capacity, floats } = segmentOf(from)
      if (from + rows > start + capacity) return undefined
      return floats.subarray((from - start) * dimension, (from - start + rows) * dimension)
    },

    at: viewOf,

    raiseBest: (probes, options) => raiseBest(searched, probes, options),

    rank: (probe, options) => rankRows(searched, probe, options),

    faceIds(from, limit) {
      return idOfRow.slice(from, from + limit)
    },

    vectors(faceIds) {
      const out = new Float32Array(faceIds.length * dimension).fill(Number.NaN)
      faceIds.forEach((faceId, i) => {
        const row = rowOfId.get(faceId)
        if (row !== undefined) out.set(viewOf(row), i * dimension)
      })
      return out
    },

    freeze() {
      if (frozen !== undefined) throw new FaceError('internal', { detail: 'Already frozen.' })
      const snapshot = { position: 0, count: idOfRow.length, kept: new Map<number, RowBatch>() }
      frozen = snapshot
      return {
        count: snapshot.count,
        next(limit) {
          const rows = Math.min(limit, snapshot.count - snapshot.position)
          const faceIds: string[] = []
          const vectors = new Float32Array(rows * dimension)
          for (let i = 0; i < rows; i++) {
            const row = snapshot.position++
            const kept = snapshot.kept.get(row)
            faceIds.push(kept === undefined ? idOfRow[row]! : kept.faceIds[0]!)
            vectors.set(kept === undefined ? viewOf(row) : kept.vectors, i * dimension)
            snapshot.kept.delete(row)
          }
          return { faceIds, vectors }
        },
        release() {
          if (frozen === snapshot) frozen = undefined
        },
      }
    },
  }
}
