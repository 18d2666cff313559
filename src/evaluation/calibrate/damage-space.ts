import {
  decomposeSymmetric,
  dot,
  type Matrix,
  orthonormalize,
  solvePositive,
} from './linear-algebra.ts'

/** The directions in which damage moves embeddings, and from where. */
export interface DamageSpace {
  /** Mean embedding of clean photographs. */
  readonly mean: Float64Array
  /** Orthogonal, of length 1. */
  readonly axes: Matrix
}

/**
 * Added to the clean embeddings' covariance, as a share of its mean variance: without it a direction
 * in which few faces differ would look telling. 0.05 left twice as many kinds above 1e-3, 1 a third more.
 */
const shrinkage = 0.3

/**
 * Finds the directions in which the means of kinds of damage differ most from clean photographs,
 * measured by how much clean photographs of different people differ there (linear discriminant
 * analysis of kinds against people).
 *
 * @param kindMeans  mean embedding of each kind of damage
 * @param clean      embeddings of clean photographs, more than a few hundred
 * @param count      axes wanted; fewer where there are fewer kinds
 * @source Fukunaga 1990, section 10.2, with the within-class matrix shrunk (Friedman 1989, JASA 84(405))
 */
export function findDamageSpace(
  kindMeans: readonly ArrayLike<number>[],
  clean: readonly ArrayLike<number>[],
  count: number,
): DamageSpace {
  const dimension = clean[0]?.length ?? 0
  const mean = meanOf(clean, dimension)
  const covariance = covarianceOf(clean, mean)
  const variance = covariance.reduce((sum, row, i) => sum + row[i]!, 0) / dimension
  for (const [i, row] of covariance.entries()) row[i]! += shrinkage * variance
  const shifts = kindMeans.map((each) => Float64Array.from(each, (value, i) => value - mean[i]!))
  // Generalised eigenvectors of (M^T M, S) are S^-1 M^T a, with a those of the small M S^-1 M^T.
  const solved = solvePositive(covariance, shifts)
  const { values, vectors } = decomposeSymmetric(
    shifts.map((row) => Float64Array.from(solved, (column) => dot(row, column))),
  )
  const directions = vectors.slice(0, count).flatMap((weights, i) => {
    if (!(values[i]! > 0)) return []
    const direction = new Float64Array(dimension)
    for (const [k, column] of solved.entries()) {
      for (let d = 0; d < dimension; d++) direction[d]! += weights[k]! * column[d]!
    }
    return [direction]
  })
  return { mean, axes: orthonormalize(directions) }
}

function meanOf(rows: readonly ArrayLike<number>[], dimension: number): Float64Array {
  const mean = new Float64Array(dimension)
  for (const row of rows) for (let d = 0; d < dimension; d++) mean[d]! += row[d]! / rows.length
  return mean
}

function covarianceOf(rows: readonly ArrayLike<number>[], mean: Float64Array): Matrix {
  const size = mean.length
  const matrix = Array.from({ length: size }, () => new Float64Array(size))
  const centred = new Float64Array(size)
  for (const row of rows) {
    for (let d = 0; d < size; d++) centred[d] = row[d]! - mean[d]!
    for (let i = 0; i < size; i++) {
      const [target, value] = [matrix[i] as Float64Array, centred[i]! / rows.length]
      for (let j = 0; j <= i; j++) target[j]! += value * centred[j]!
    }
  }
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) matrix[j]![i] = matrix[i]![j]!
  return matrix
}
