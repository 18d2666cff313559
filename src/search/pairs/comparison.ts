import type { Product } from '../table/product.ts'
import { maxProbes, productRows, tileRows } from '../table/segments.ts'
import { type Bounds, learnBounds, sampledRows } from './bounds.ts'

/** Finds pairs of near vectors of different owners, each pair once. */
export interface Comparison {
  /** @param vectors n x dimension, unit rows; @param owners n numbers; nobody's, below 0, are left out */
  add(vectors: Float32Array, owners: Int32Array): void
  /**
   * Compares all with all.
   *
   * @param found  is given numbers of rows, two a pair, in the order of the first; all pairs that are as
   *   near as wanted, and some that nearly are
   * @param onProgress  of all pairs the share that was compared
   */
  run(options: {
    readonly found: (pairs: Uint32Array) => void
    readonly onProgress: (share: number) => void
  }): Promise<void>
}

/** Above the rounding of a product of float32 numbers and of a projection, about 1e-6 together. */
const slack = 1e-4

/**
 * Makes a comparison. It keeps a row of 64 to 256 float32 numbers of each vector, or all of it where that
 * does not do; see [Note: Bounds of similarities] in bounds.ts.
 *
 * @param least  cosine from which a pair is near
 */
export function createComparison(
  product: Product,
  { dimension, least }: { readonly dimension: number; readonly least: number },
): Comparison {
  const owners: number[] = []
  /** Until there are enough to learn from. */
  let waiting: Float32Array[] = []
  let waitingRows = 0
  let bounds: Bounds | undefined
  const blocks: Float32Array[] = []
  let written = 0

  function settle(): Bounds {
    if (bounds !== undefined) return bounds
    const sample = new Float32Array(waitingRows * dimension)
    let at = 0
    for (const vectors of waiting) {
      sample.set(vectors, at)
      at += vectors.length
    }
    const learned = learnBounds(sample.subarray(0, sampledRows * dimension), { dimension, least })
    bounds = learned
    waiting = []
    write(learned, sample)
    return learned
  }

  function write({ length, project }: Bounds, vectors: Float32Array): void {
    const rows = vectors.length / dimension
    for (let row = 0; row < rows; ) {
      const place = written % productRows
      if (place === 0) blocks.push(new Float32Array(productRows * length))
      const count = Math.min(productRows - place, rows - row)
      const out = blocks.at(-1)!.subarray(place * length, (place + count) * length)
      project(vectors.subarray(row * dimension, (row + count) * dimension), out)
      row += count
      written += count
    }
  }

  /** Rows from `first` on as columns, at most {@link maxProbes}. */
  function toColumns(first: number, count: number, length: number): Float32Array {
    const columns = new Float32Array(length * count)
    for (let column = 0; column < count; column++) {
      const row = first + column
      const block = blocks[Math.floor(row / productRows)]!
      const from = (row % productRows) * length
      for (let i = 0; i < length; i++) columns[i * count + column] = block[from + i]!
    }
    return columns
  }

  return {
    add(vectors, ownersOfRows) {
      for (const owner of ownersOfRows) owners.push(owner)
      if (bounds !== undefined) return write(bounds, vectors)
      waiting.push(vectors)
      waitingRows += ownersOfRows.length
      if (waitingRows >= sampledRows) settle()
    },

    async run({ found, onProgress }) {
      const { length } = settle()
      for (let first = 0; first < written; first += maxProbes) {
        const count = Math.min(maxProbes, written - first)
        const columns = toColumns(first, count, length)
        const reach = new Float32Array(count).fill(least - slack)
        const pairs: number[] = []
        for (let at = Math.floor(first / productRows); at < blocks.length; at++) {
          const start = Math.max(first, at * productRows)
          const end = Math.min(written, (at + 1) * productRows)
          const [from, to] = [start - at * productRows, end - at * productRows]
          const rows = blocks[at]!.subarray(from * length, to * length)
          await product.multiply(rows, columns, { length, count })
          for (let tile = 0; tile < end - start; tile += tileRows) {
            product.above(tile, Math.min(tileRows, end - start - tile), {
              bounds: reach,
              found(column, row) {
                const [a, b] = [first + column, start + row]
                if (b > a && owners[a] !== owners[b] && owners[a]! >= 0 && owners[b]! >= 0) {
                  pairs.push(a, b)
                }
              },
            })
          }
        }
        if (pairs.length > 0) found(Uint32Array.from(pairs))
        onProgress(1 - (1 - (first + count) / written) ** 2)
      }
    },
  }
}
