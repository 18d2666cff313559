/** Pairs of columns this near to a right angle (cosine) are left alone. */
const tolerance = 1e-4
const maxSweeps = 20

/**
 * The second moments of vectors: the sum of their outer products, divided by their number. They are
 * not centred, because an index ranks inner products with the vectors as they are.
 *
 * @param vectors  n x dimension, row-major, n from 1
 * @returns dimension x dimension, symmetric
 */
export function computeMoments(vectors: Float32Array, dimension: number): Float64Array {
  const moments = new Float64Array(dimension * dimension)
  const n = vectors.length / dimension
  const none = new Float32Array(dimension)
  const at = (row: number) =>
    row < n ? vectors.subarray(row * dimension, (row + 1) * dimension) : none
  // Four vectors a pass over the matrix, which is larger than the L2 cache.
  for (let row = 0; row < n; row += 4) {
    const [a, b, c, d] = [at(row), at(row + 1), at(row + 2), at(row + 3)]
    for (let i = 0; i < dimension; i++) {
      const [ai, bi, ci, di] = [a[i]!, b[i]!, c[i]!, d[i]!]
      for (let j = i, out = i * dimension + i; j < dimension; j++, out++) {
        moments[out]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + di * d[j]!
      }
    }
  }
  for (let i = 0; i < dimension; i++) {
    for (let j = i; j < dimension; j++) {
      moments[i * dimension + j]! /= n
      moments[j * dimension + i] = moments[i * dimension + j]!
    }
  }
  return moments
}

/**
 * The eigenvectors of a symmetric matrix without negative eigenvalues, by falling eigenvalue.
 *
 * Rotations make the columns orthogonal to each other; then they are the eigenvectors times their
 * eigenvalues. A small multiple of the identity is added first, so that no column vanishes.
 *
 * @param matrix  size x size, symmetric; overwritten
 * @returns size x size, one unit eigenvector a row; cosines between rows at most 1e-4
 * @source Hestenes 1958, J. SIAM 6(1), one-sided Jacobi; the rotation as in Golub & Van Loan 2013, sec. 8.5.2
 */
export function computeAxesInPlace(matrix: Float64Array, size: number): Float32Array<ArrayBuffer> {
  let trace = 0
  for (let i = 0; i < size; i++) trace += matrix[i * size + i]!
  for (let i = 0; i < size; i++) matrix[i * size + i]! += (1e-4 * trace) / size || 1

  // The matrix is symmetric, so its rows are the columns.
  const squares = Float64Array.from({ length: size }, (_, i) => dot(i, i))
  for (let sweep = 0, rotated = true; rotated && sweep < maxSweeps; sweep++) {
    rotated = false
    for (let p = 0; p < size - 1; p++) {
      for (let q = p + 1; q < size; q++) {
        const between = dot(p, q)
        const alpha = squares[p]!
        const beta = squares[q]!
        if (Math.abs(between) <= tolerance * Math.sqrt(alpha * beta)) continue
        rotated = true
        const zeta = (beta - alpha) / (2 * between)
        const tangent = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta))
        const cosine = 1 / Math.hypot(1, tangent)
        rotate(p, q, { cosine, sine: cosine * tangent })
        squares[p] = alpha - tangent * between
        squares[q] = beta + tangent * between
      }
    }
  }

  const order = Array.from(squares.keys()).sort((a, b) => squares[b]! - squares[a]!)
  const axes = new Float32Array(size * size)
  order.forEach((column, row) => {
    const norm = Math.sqrt(dot(column, column))
    for (let i = 0; i < size; i++) axes[row * size + i] = matrix[column * size + i]! / norm
  })
  return axes

  function dot(p: number, q: number): number {
    let sum = 0
    for (let a = p * size, b = q * size; a < (p + 1) * size; a++, b++)
      sum += matrix[a]! * matrix[b]!
    return sum
  }

  function rotate(p: number, q: number, by: { cosine: number; sine: number }): void {
    const { cosine, sine } = by
    for (let a = p * size, b = q * size; a < (p + 1) * size; a++, b++) {
      const left = matrix[a]!
      const right = matrix[b]!
      matrix[a] = cosine * left - sine * right
      matrix[b] = sine * left + cosine * right
    }
  }
}
