import type { Neighbour } from '../vector-index.ts'
import { type RowNeighbours, toRowNeighbours } from './neighbours.ts'
import { computeLargestNorm, toLengthError } from './norms.ts'
import type { Product } from './product.ts'
import { maxProbes, productRows, type Segment, tileRows, toStrideFloats } from './segments.ts'
import { createSelection, type Selection } from './selection.ts'

/** What a search sees of a table, which must not change before the search is done. */
export interface SearchedRows {
  readonly dimension: number
  readonly count: number
  readonly segments: readonly Segment[]
  /** No row has a larger norm. */
  readonly largestNorm: number
  faceId(row: number): string
  /** The similarity in float64. */
  rescore(probe: Float32Array, row: number): number
}

/** How many rows a search wants of each probe. */
export interface Wanted {
  /** The best, with float64 similarities. */
  readonly k: number
  /** Behind them, with float32 similarities. */
  readonly more: number
}

/** Compares all rows with probes, four at a time, in the kernel. Nothing else runs meanwhile. */
export function scanRows(rows: SearchedRows, probes: Float32Array, wanted: Wanted): RowNeighbours {
  const selections = createSelections(rows, probes, { wanted, terms: toLaneTerms(rows) })
  for (const [segment, filled] of filledSegments(rows, wanted)) {
    segment.setProbes(probes, rows.dimension)
    for (let row = 0; row < filled; row += tileRows) {
      const count = Math.min(tileRows, filled - row)
      for (let probe = 0; probe < selections.length; ) {
        const group = selections.slice(probe, probe + (selections.length - probe >= 4 ? 4 : 1))
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
  return finish(rows, selections)
}

/**
 * The best of listed rows, best first, ties by face id, as {@link scanRows} gives them: with
 * float32 similarities first, because comparing all of them in float64 takes a millisecond.
 */
export function rankRows(
  rows: SearchedRows,
  probe: Float32Array,
  { listed, ...wanted }: Wanted & { readonly listed: readonly number[] },
): readonly Neighbour[] {
  const [selection] = createSelections(rows, probe, { wanted, terms: toLaneTerms(rows) })
  for (const [segment, filled] of filledSegments(rows, wanted)) {
    const own = listed
      .filter((row) => row >= segment.start && row < segment.start + filled)
      .map((row) => row - segment.start)
    if (own.length === 0) continue
    segment.setProbes(probe, rows.dimension)
    segment.compare(own, (row, similarity) => {
      selection!.add(segment.start + row, similarity)
      selection!.settle()
    })
  }
  return toNeighbours(rows, selection!)
}

/**
 * Raises each `best` to the highest float32 similarity that its probe has with rows `from` to `to`;
 * a probe's own row does not count.
 */
export function raiseBest(
  rows: SearchedRows,
  probes: readonly { readonly probe: Float32Array; readonly own?: number | undefined }[],
  { from, to, best }: { readonly from: number; readonly to: number; readonly best: number[] },
): void {
  const group = probes.length % 4 === 0 ? 4 : 1
  const stacked = new Float32Array(probes.length * rows.dimension)
  for (const [i, { probe }] of probes.entries()) stacked.set(probe, i * rows.dimension)
  for (const segment of rows.segments) {
    const first = Math.max(from, segment.start) - segment.start
    const end = Math.min(to, rows.count, segment.start + segment.capacity) - segment.start
    if (first >= end) continue
    segment.setProbes(stacked, rows.dimension)
    for (let row = first; row < end; row += tileRows) {
      for (let probe = 0; probe < probes.length; probe += group) {
        segment.scan(row, Math.min(tileRows, end - row), {
          probe,
          bounds: best.slice(probe, probe + group),
          survivor(i, at, similarity) {
            if (segment.start + at === probes[probe + i]!.own) return
            best[probe + i] = Math.max(best[probe + i]!, similarity)
          },
        })
      }
    }
  }
}

/**
 * Finds what {@link scanRows} finds, in less time: on all cores, and a row is read once for all
 * probes. Other tasks of the thread may come in between.
 */
export async function multiplyRows(
  rows: SearchedRows,
  probes: Float32Array,
  { product, ...wanted }: Wanted & { readonly product: Product },
): Promise<RowNeighbours> {
  const length = toStrideFloats(rows.dimension)
  const selections = createSelections(rows, probes, { wanted, terms: length })
  const size = { length, count: selections.length }
  const columns = toColumns(probes, rows.dimension, size)
  for (const [segment, filled] of filledSegments(rows, wanted)) {
    for (let row = 0; row < filled; row += productRows) {
      const end = Math.min(row + productRows, filled)
      const some = segment.floats.subarray(row * length, end * length)
      await product.multiply(some, columns, size)
      select(product, { first: segment.start + row, count: end - row }, selections)
    }
  }
  return finish(rows, selections)
}

/** Takes what was multiplied last: `count` rows from `first` on. */
function select(
  product: Product,
  { first, count }: { readonly first: number; readonly count: number },
  selections: readonly Selection[],
): void {
  for (let from = 0; from < count; from += tileRows) {
    product.above(from, Math.min(tileRows, count - from), {
      bounds: selections.map((selection) => selection.bound),
      found: (probe, row, similarity) => selections[probe]!.add(first + row, similarity),
    })
    for (const selection of selections) selection.settle()
  }
}

/** Additions of a product in the kernel, which adds in four lanes. */
function toLaneTerms({ dimension }: SearchedRows): number {
  return toStrideFloats(dimension) / 4
}

/** @param terms  the largest number of additions that one product goes through */
function createSelections(
  rows: SearchedRows,
  probes: Float32Array,
  { wanted, terms }: { readonly wanted: Wanted; readonly terms: number },
): readonly Selection[] {
  const { dimension, largestNorm } = rows
  const n = probes.length / dimension
  if (!Number.isInteger(n) || n > maxProbes) throw toLengthError(probes.length, dimension)
  // Twice the error bound of a float32 sum (Higham 2002, eq. 3.5, with |a|·|b| <= |a||b|), which
  // holds for any order of `terms` additions and for fused ones, and room for the rounding of the
  // bound itself.
  const slack = 2 * (terms + 8) * 2 ** -24 * computeLargestNorm(probes, dimension) * largestNorm
  const k = Math.min(wanted.k, rows.count)
  const more = Math.min(wanted.more, rows.count - k)
  return Array.from({ length: n }, (_, i) => {
    const probe = probes.subarray(i * dimension, (i + 1) * dimension)
    return createSelection({
      k,
      more,
      slack,
      rescore: (row) => rows.rescore(probe, row),
      faceId: rows.faceId,
    })
  })
}

/** The segments with rows, and how many they have; none when nothing is asked for. */
function* filledSegments(
  { segments, count }: SearchedRows,
  { k, more }: Wanted,
): Generator<readonly [Segment, number]> {
  if (k + more === 0) return
  for (const segment of segments) {
    const filled = Math.min(segment.capacity, count - segment.start)
    if (filled > 0) yield [segment, filled]
  }
}

function finish(rows: SearchedRows, selections: readonly Selection[]): RowNeighbours {
  return toRowNeighbours(selections.map((selection) => toNeighbours(rows, selection)))
}

function toNeighbours(rows: SearchedRows, selection: Selection): readonly Neighbour[] {
  return selection.finish().map(({ row, similarity }) => ({ faceId: rows.faceId(row), similarity }))
}

/** A probe becomes a column, padded as rows are. */
function toColumns(
  probes: Float32Array,
  dimension: number,
  { length, count }: { readonly length: number; readonly count: number },
): Float32Array {
  const columns = new Float32Array(length * count)
  for (let probe = 0; probe < count; probe++) {
    for (let i = 0; i < dimension; i++) columns[i * count + probe] = probes[probe * dimension + i]!
  }
  return columns
}
