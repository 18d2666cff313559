/** Unit rows of one dimension. */
export interface Rows {
  readonly count: number
  readonly dimension: number
  /** count x dimension, row-major. */
  readonly values: Float32Array
}

export function toRows(embeddings: readonly Float32Array[], dimension: number): Rows {
  const values = new Float32Array(embeddings.length * dimension)
  for (const [row, embedding] of embeddings.entries()) values.set(embedding, row * dimension)
  return { count: embeddings.length, dimension, values }
}

export function rowOf({ values, dimension }: Rows, row: number): Float32Array {
  return values.subarray(row * dimension, (row + 1) * dimension)
}

/** Cosines of every row of `a` with every row of `b`, a.count x b.count, row-major. */
export function computeSimilarities(a: Rows, b: Rows): Float32Array {
  const { dimension } = a
  const similarities = new Float32Array(a.count * b.count)
  for (let row = 0; row < a.count; row++) {
    const from = row * dimension
    let column = 0
    // Four columns at once: each value of the row is loaded once for all.
    for (; column + 4 <= b.count; column += 4) {
      const at = column * dimension
      let [s0, s1, s2, s3] = [0, 0, 0, 0]
      for (let i = 0; i < dimension; i++) {
        const value = a.values[from + i]!
        s0 += value * b.values[at + i]!
        s1 += value * b.values[at + dimension + i]!
        s2 += value * b.values[at + 2 * dimension + i]!
        s3 += value * b.values[at + 3 * dimension + i]!
      }
      similarities.set([s0, s1, s2, s3], row * b.count + column)
    }
    for (; column < b.count; column++) {
      let sum = 0
      for (let i = 0; i < dimension; i++) {
        sum += a.values[from + i]! * b.values[column * dimension + i]!
      }
      similarities[row * b.count + column] = sum
    }
  }
  return similarities
}
