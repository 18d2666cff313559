import { FaceError } from '../../core/errors.ts'
import {
  createSegment,
  maxProbes,
  type Segment,
  tileRows,
  toStrideFloats,
} from './exact-segments.ts'
import { createSelection } from './exact-selection.ts'

/** Far above the 1 of an embedding, and its products are far from overflow. */
const maxNorm = 1e6

/** The candidates of several probes, one probe behind the other. */
export interface RowHits {
  readonly counts: readonly number[]
  readonly faceIds: readonly string[]
  readonly similarities: Float64Array
}

/** Rows in the order of the table. */
export interface RowBatch {
  readonly faceIds: readonly string[]
  /** faceIds.length x dimension, row-major. */
  readonly vectors: Float32Array<ArrayBuffer>
}

/** The rows as they were when it was made, while the table changes. */
export interface FrozenRows {
  readonly count: number
  /** The next rows, at most `limit`; empty at the end. */
  next(limit: number): RowBatch
  /** Must be called, or later changes keep copying. */
  release(): void
}

/** All vectors of one index, in WebAssembly memories, without gaps. */
export interface RowTable {
  readonly dimension: number
  readonly count: number
  /** @throws {FaceError} `dimensionMismatch`, `invalidEmbedding`; then nothing was stored */
  upsert(faceIds: readonly string[], vectors: Float32Array): void
  /** Unknown ids are ignored. */
  remove(faceIds: readonly string[]): void
  /** @param probes 1 to 64 x dimension. @throws {FaceError} `dimensionMismatch`, `invalidEmbedding` */
  search(probes: Float32Array, k: number): RowHits
  faceIds(from: number, limit: number): readonly string[]
  /** Missing ids give rows of NaN. */
  vectors(faceIds: readonly string[]): Float32Array<ArrayBuffer>
  /** One at a time. */
  freeze(): FrozenRows
}

/** Makes an empty table. @param kernel the compiled `scan-f32.wasm`; dimension 1 to 65,536 */
export function createRowTable(kernel: WebAssembly.Module, dimension: number): RowTable {
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

  return {
    dimension,
    get count() {
      return idOfRow.length
    },

    upsert(faceIds, vectors) {
      if (vectors.length !== faceIds.length * dimension) throw mismatch(vectors.length, dimension)
      const norm = computeLargestNorm(vectors, dimension)
      largestNorm = Math.max(largestNorm, norm)
      for (let i = 0; i < faceIds.length; i++) {
        const faceId = faceIds[i]!
        let row = rowOfId.get(faceId)
        if (row === undefined) {
          row = idOfRow.length
          const last = segments.at(-1)
          if (last === undefined || row >= last.start + last.capacity) {
            segments.push(createSegment(kernel, dimension, segments))
          }
          idOfRow.push(faceId)
          rowOfId.set(faceId, row)
        } else {
          keepForSnapshot(row)
        }
        viewOf(row).set(vectors.subarray(i * dimension, (i + 1) * dimension))
      }
    },

    remove(faceIds) {
      for (const faceId of faceIds) {
        const row = rowOfId.get(faceId)
        if (row !== undefined) removeRow(row)
      }
    },

    search(probes, k) {
      const n = probes.length / dimension
      if (!Number.isInteger(n) || n > maxProbes) throw mismatch(probes.length, dimension)
      const wanted = Math.min(k, idOfRow.length)
      const probeNorm = computeLargestNorm(probes, dimension)
      if (wanted === 0) {
        return { counts: Array(n).fill(0), faceIds: [], similarities: new Float64Array(0) }
      }
      // Twice the error bound of a float32 sum in four lanes (Higham 2002, eq. 3.5, with |a|·|b| <= |a||b|),
      // and room for the rounding of the bound itself.
      const slack = 2 * (strideFloats / 4 + 8) * 2 ** -24 * probeNorm * largestNorm
      const selections = Array.from({ length: n }, (_, i) => {
        const probe = probes.subarray(i * dimension, (i + 1) * dimension)
        return createSelection({
          k: wanted,
          slack,
          rescore: (row) => rescore(probe, row),
          faceId: (row) => idOfRow[row]!,
        })
      })
      for (const segment of segments) {
        const rows = Math.min(segment.capacity, idOfRow.length - segment.start)
        if (rows <= 0) break
        segment.setProbes(probes, dimension)
        for (let row = 0; row < rows; row += tileRows) {
          const count = Math.min(tileRows, rows - row)
          for (let probe = 0; probe < n; ) {
            const group = selections.slice(probe, probe + (n - probe >= 4 ? 4 : 1))
            segment.scan(row, count, {
              probe,
              bounds: group.map((selection) => selection.bound),
              survivor: (i, at, similarity) => group[i]!.add(segment.start + at, similarity),
            })
            for (const selection of group) selection.settle()
            probe += group.length
          }
        }
      }
      const hits = selections.map((selection) => selection.finish())
      return {
        counts: hits.map((list) => list.length),
        faceIds: hits.flatMap((list) => list.map(({ row }) => idOfRow[row]!)),
        similarities: Float64Array.from(hits.flatMap((list) => list.map((hit) => hit.similarity))),
      }
    },

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

function mismatch(floats: number, dimension: number): FaceError {
  return new FaceError('dimensionMismatch', {
    detail: `Expected vectors of ${dimension} numbers, got ${floats} numbers.`,
    info: { expected: dimension },
  })
}

/** The largest Euclidean norm of the rows. @throws {FaceError} `invalidEmbedding` for NaN, infinity or a norm above {@link maxNorm} */
function computeLargestNorm(vectors: Float32Array, dimension: number): number {
  let largest = 0
  for (let row = 0; row < vectors.length; row += dimension) {
    let sum = 0
    for (let i = row; i < row + dimension; i++) sum += vectors[i]! * vectors[i]!
    // Also false for NaN.
    if (!(sum <= maxNorm ** 2)) {
      throw new FaceError('invalidEmbedding', { detail: 'It has numbers that are not finite.' })
    }
    if (sum > largest) largest = sum
  }
  return Math.sqrt(largest)
}
