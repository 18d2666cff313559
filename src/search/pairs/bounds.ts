import { computeAxesInPlace, computeMoments } from '../table/axes.ts'

// [Note: Bounds of similarities]
// Face embeddings fill few of their dimensions. Along the principal axes of a gallery the first
// coordinates carry most of an inner product, and the rest of it is at most the product of what is left
// of both lengths (Cauchy and Schwarz). So a vector becomes its first coordinates and the length of the
// rest: the inner product of two such rows is never below that of the vectors. Where it does not reach a
// threshold, neither do the vectors, whatever axes were chosen; good axes only make fewer pairs reach it
// in vain.

/** What turns vectors into shorter rows whose inner products are never below theirs. */
export interface Bounds {
  /** Numbers of a row. */
  readonly length: number
  /** @param vectors n x dimension, unit rows; @param out n x {@link Bounds.length} */
  project(vectors: Float32Array, out: Float32Array): void
}

/** Faces that axes are learned from; more do not change them. */
export const sampledRows = 8192
/** Rows of the sample that are compared with each other to choose a length. */
const comparedRows = 1024
/** Lengths that are tried; shorter ones than all of a vector have the length of the rest at the end. */
const lengths = [64, 96, 128, 192, 256]
/** Pairs of the sample that may reach the threshold in vain: about 6 in a million. */
const maxVain = 3

/**
 * Learns the shortest rows with which hardly a pair of the sample reaches a threshold in vain; the
 * vectors themselves where there are none.
 *
 * @param sample  n x dimension, unit rows, at most {@link sampledRows}
 * @param least   the threshold, cosine
 */
export function learnBounds(
  sample: Float32Array,
  { dimension, least }: { readonly dimension: number; readonly least: number },
): Bounds {
  const shorter = lengths.filter((length) => length < dimension)
  const count = Math.min(comparedRows, sample.length / dimension)
  if (count < 2 || shorter.length === 0) return wholeVectors(dimension)
  const axes = toOrthonormal(
    computeAxesInPlace(computeMoments(sample, dimension), dimension),
    dimension,
  )
  const compared = sample.subarray(0, count * dimension)
  const atMost = countReaching(compared, { length: dimension, least }) + maxVain
  for (const length of shorter) {
    const bounds = toBounds(axes, { dimension, length })
    const rows = new Float32Array(count * length)
    bounds.project(compared, rows)
    if (countReaching(rows, { length, least }) <= atMost) return bounds
  }
  return wholeVectors(dimension)
}

function wholeVectors(dimension: number): Bounds {
  return { length: dimension, project: (vectors, out) => out.set(vectors) }
}

/** @param axes  dimension x dimension, an orthonormal axis a row; the first length - 1 are used */
function toBounds(
  axes: Float64Array,
  { dimension, length }: { readonly dimension: number; readonly length: number },
): Bounds {
  return {
    length,
    project(vectors, out) {
      for (let from = 0, to = 0; from < vectors.length; from += dimension, to += length) {
        let total = 0
        for (let i = 0; i < dimension; i++) total += vectors[from + i]! ** 2
        let kept = 0
        for (let axis = 0; axis < length - 1; axis++) {
          let sum = 0
          for (let i = 0; i < dimension; i++)
            sum += axes[axis * dimension + i]! * vectors[from + i]!
          out[to + axis] = sum
          kept += sum ** 2
        }
        out[to + length - 1] = Math.sqrt(Math.max(0, total - kept))
      }
    },
  }
}

/** Pairs of different rows whose inner product is at least so much. */
function countReaching(
  rows: Float32Array,
  { length, least }: { readonly length: number; readonly least: number },
): number {
  let reaching = 0
  for (let a = length; a < rows.length; a += length) {
    for (let b = 0; b < a; b += length) {
      let sum = 0
      for (let i = 0; i < length; i++) sum += rows[a + i]! * rows[b + i]!
      if (sum >= least) reaching++
    }
  }
  return reaching
}

/**
 * Makes nearly orthogonal rows orthonormal, in their order.
 *
 * @source Golub & Van Loan 2013, sec. 5.2.8 (modified Gram-Schmidt)
 */
function toOrthonormal(axes: Float32Array, size: number): Float64Array {
  const out = Float64Array.from(axes)
  for (let row = 0; row < size; row++) {
    const own = out.subarray(row * size, (row + 1) * size)
    for (let before = 0; before < row; before++) {
      const other = out.subarray(before * size, (before + 1) * size)
      let along = 0
      for (let i = 0; i < size; i++) along += own[i]! * other[i]!
      for (let i = 0; i < size; i++) own[i]! -= along * other[i]!
    }
    let square = 0
    for (let i = 0; i < size; i++) square += own[i]! ** 2
    const norm = Math.sqrt(square)
    for (let i = 0; i < size; i++) own[i]! /= norm
  }
  return out
}
