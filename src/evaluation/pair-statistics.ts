/** Bins of the histograms over similarity: edges at multiples of 2^-14 from -1 to 1. */
export const binsPerUnit = 16_384
export const binCount: number = 2 * binsPerUnit + 1

/** The lower edge of a bin: the threshold that the bin and all above it pass. */
export function binEdge(bin: number): number {
  return bin / binsPerUnit - 1
}

/** Counts of the comparison of many pairs, from which all error rates are read. */
export interface PairStatistics {
  /** [binCount] counts of non-mated pairs. */
  readonly nonMated: Float64Array
  /** Every mated similarity, any order. */
  readonly mated: Float32Array
  /** The highest non-mated similarities, exact, any order. */
  readonly top: Float32Array
}

/** Unit rows and who they show. */
export interface PairInput {
  /** n x dimension, row-major. */
  readonly embeddings: Float32Array
  readonly dimension: number
  /** [n] equal numbers for images of one person. */
  readonly persons: Int32Array
  /** How many of the highest non-mated similarities are kept. */
  readonly topCount: number
}

/** Rows of one unit of work. A multiple of the kernel's 4 rows. */
export const rowsPerBlock = 64
/** 64 columns of 512 floats are 128 KB: they stay in the second-level cache while 64 rows pass. */
const columnsPerTile = 64

export interface PairCounter {
  /** Compares the rows of a block with all rows after each of them. */
  countBlock(block: number): void
  finish(): PairStatistics
}

/** Counts the pairs of {@link PairInput} block by block; blocks may be spread over several counters. */
export function createPairCounter(input: PairInput): PairCounter {
  const { embeddings, dimension, persons } = input
  const count = persons.length
  const nonMated = new Float64Array(binCount)
  const mated: number[] = []
  const top = createTopValues(input.topCount)
  const products = new Float64Array(16)

  const record = (row: number, column: number, product: number): void => {
    const similarity = Math.min(1, Math.max(-1, product))
    if (persons[row] === persons[column]) {
      mated.push(similarity)
      return
    }
    const bin = ((similarity + 1) * binsPerUnit) | 0
    nonMated[bin] = nonMated[bin]! + 1
    if (similarity > top.floor()) top.add(similarity)
  }

  const countTile = (firstRow: number, firstColumn: number): void => {
    const rows = Math.min(4, count - firstRow)
    const columns = Math.min(4, count - firstColumn)
    if (rows === 4 && columns === 4) {
      multiplyTile(embeddings, dimension, firstRow, firstColumn, products)
    } else {
      multiplyEdge(embeddings, dimension, [firstRow, rows], [firstColumn, columns], products)
    }
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        if (firstColumn + c > firstRow + r) {
          record(firstRow + r, firstColumn + c, products[4 * r + c]!)
        }
      }
    }
  }

  return {
    countBlock(block) {
      const start = block * rowsPerBlock
      const end = Math.min(count, start + rowsPerBlock)
      for (let tile = start; tile < count; tile += columnsPerTile) {
        const tileEnd = Math.min(count, tile + columnsPerTile)
        for (let row = start; row < end; row += 4) {
          for (let column = tile; column < tileEnd; column += 4) {
            if (column + 3 > row) countTile(row, column)
          }
        }
      }
    },
    finish: () => ({ nonMated, mated: Float32Array.from(mated), top: top.values() }),
  }
}

/** Adds up what several counters found. */
export function mergeStatistics(
  parts: readonly PairStatistics[],
  topCount: number,
): PairStatistics {
  const nonMated = new Float64Array(binCount)
  for (const part of parts) {
    for (let bin = 0; bin < binCount; bin++) nonMated[bin] = nonMated[bin]! + part.nonMated[bin]!
  }
  const mated = concatenate(parts.map((part) => part.mated))
  const top = concatenate(parts.map((part) => part.top)).sort()
  return { nonMated, mated, top: top.slice(Math.max(0, top.length - topCount)) }
}

function concatenate(arrays: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0))
  let at = 0
  for (const array of arrays) {
    out.set(array, at)
    at += array.length
  }
  return out
}

/** 4 rows x 4 columns at once: 16 products for 8 loads, which the processor can overlap. */
function multiplyTile(
  matrix: Float32Array,
  dimension: number,
  row: number,
  column: number,
  out: Float64Array,
): void {
  let r0 = row * dimension
  let c0 = column * dimension
  const step = dimension
  const end = r0 + dimension
  let p00 = 0,
    p01 = 0,
    p02 = 0,
    p03 = 0
  let p10 = 0,
    p11 = 0,
    p12 = 0,
    p13 = 0
  let p20 = 0,
    p21 = 0,
    p22 = 0,
    p23 = 0
  let p30 = 0,
    p31 = 0,
    p32 = 0,
    p33 = 0
  for (; r0 < end; r0++, c0++) {
    const a0 = matrix[r0]!
    const a1 = matrix[r0 + step]!
    const a2 = matrix[r0 + 2 * step]!
    const a3 = matrix[r0 + 3 * step]!
    const b0 = matrix[c0]!
    const b1 = matrix[c0 + step]!
    const b2 = matrix[c0 + 2 * step]!
    const b3 = matrix[c0 + 3 * step]!
    p00 += a0 * b0
    p01 += a0 * b1
    p02 += a0 * b2
    p03 += a0 * b3
    p10 += a1 * b0
    p11 += a1 * b1
    p12 += a1 * b2
    p13 += a1 * b3
    p20 += a2 * b0
    p21 += a2 * b1
    p22 += a2 * b2
    p23 += a2 * b3
    p30 += a3 * b0
    p31 += a3 * b1
    p32 += a3 * b2
    p33 += a3 * b3
  }
  out[0] = p00
  out[1] = p01
  out[2] = p02
  out[3] = p03
  out[4] = p10
  out[5] = p11
  out[6] = p12
  out[7] = p13
  out[8] = p20
  out[9] = p21
  out[10] = p22
  out[11] = p23
  out[12] = p30
  out[13] = p31
  out[14] = p32
  out[15] = p33
}

/** The same for the last rows and columns, where fewer than 4 are left. */
function multiplyEdge(
  matrix: Float32Array,
  dimension: number,
  [firstRow, rows]: readonly [number, number],
  [firstColumn, columns]: readonly [number, number],
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const rowAt = (firstRow + r) * dimension
      const columnAt = (firstColumn + c) * dimension
      let product = 0
      for (let i = 0; i < dimension; i++) product += matrix[rowAt + i]! * matrix[columnAt + i]!
      out[4 * r + c] = product
    }
  }
}

interface TopValues {
  /** Values at or below it need not be added. */
  floor(): number
  add(value: number): void
  values(): Float32Array
}

/** The `count` highest of a stream: collects twice as many, then keeps the upper half. */
function createTopValues(count: number): TopValues {
  const buffer = new Float32Array(2 * count)
  let used = 0
  let floor = Number.NEGATIVE_INFINITY
  const shrink = (): void => {
    if (used <= count) return
    buffer.subarray(0, used).sort()
    buffer.copyWithin(0, used - count, used)
    used = count
    floor = buffer[0]!
  }
  return {
    floor: () => floor,
    add(value) {
      buffer[used++] = value
      if (used === buffer.length) shrink()
    },
    values() {
      shrink()
      return buffer.slice(0, used)
    },
  }
}
