/** A matrix, row-major. */
export type Matrix = Float64Array[]

/**
 * Solves S x = b for many right-hand sides by Cholesky's factorisation.
 *
 * @param matrix  symmetric, positive definite, n x n
 * @param rows    right-hand sides, each of n values
 * @returns one solution a right-hand side
 * @source Golub and Van Loan 2013, algorithms 4.2.1, 3.1.1 and 3.1.2
 */
export function solvePositive(matrix: Matrix, rows: Matrix): Matrix {
  const size = matrix.length
  const factor = matrix.map((row) => Float64Array.from(row))
  for (let i = 0; i < size; i++) {
    const rowI = factor[i] as Float64Array
    for (let j = 0; j <= i; j++) {
      const rowJ = factor[j] as Float64Array
      let sum = rowI[j]!
      for (let k = 0; k < j; k++) sum -= rowI[k]! * rowJ[k]!
      rowI[j] = i === j ? Math.sqrt(sum) : sum / rowJ[j]!
    }
  }
  return rows.map((right) => {
    const x = Float64Array.from(right)
    for (let i = 0; i < size; i++) {
      const row = factor[i] as Float64Array
      let sum = x[i]!
      for (let k = 0; k < i; k++) sum -= row[k]! * x[k]!
      x[i] = sum / row[i]!
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i]!
      for (let k = i + 1; k < size; k++) sum -= factor[k]![i]! * x[k]!
      x[i] = sum / factor[i]![i]!
    }
    return x
  })
}

const maxSweeps = 60

/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi's rotations.
 *
 * @param matrix  symmetric, n x n, n up to a few hundred
 * @returns by descending eigenvalue; vectors of length 1
 * @source Golub and Van Loan 2013, section 8.5.3 (cyclic by row)
 */
export function decomposeSymmetric(matrix: Matrix): {
  readonly values: readonly number[]
  readonly vectors: Matrix
} {
  const size = matrix.length
  const a = matrix.map((row) => Float64Array.from(row))
  const v = a.map((_, i) => Float64Array.from({ length: size }, (__, j) => (i === j ? 1 : 0)))
  const trace = a.reduce((sum, row, i) => sum + Math.abs(row[i]!), 0)
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let off = 0
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        off = Math.max(off, Math.abs(a[p]![q]!))
        rotate(a, v, p, q)
      }
    }
    if (off <= 1e-14 * trace) break
  }
  const order = [...a.keys()].sort((i, j) => a[j]![j]! - a[i]![i]!)
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => v[i] as Float64Array) }
}

/** Makes a[p][q] zero; the rows of `v` are the eigenvectors so far. */
function rotate(a: Matrix, v: Matrix, p: number, q: number): void {
  const [rowP, rowQ] = [a[p] as Float64Array, a[q] as Float64Array]
  const apq = rowP[q]!
  if (apq === 0) return
  const theta = (rowQ[q]! - rowP[p]!) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  for (const row of a) {
    const [x, y] = [row[p]!, row[q]!]
    row[p] = c * x - s * y
    row[q] = s * x + c * y
  }
  for (const [first, second] of [
    [rowP, rowQ],
    [v[p] as Float64Array, v[q] as Float64Array],
  ] as const) {
    for (let k = 0; k < first.length; k++) {
      const [x, y] = [first[k]!, second[k]!]
      first[k] = c * x - s * y
      second[k] = s * x + c * y
    }
  }
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
