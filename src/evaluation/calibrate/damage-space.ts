import { decomposeSymmetric, dot, type Matrix, solvePositive } from './linear-algebra.ts'

/** Where kinds of damage lie, and by what coordinates; [Note: Damage space] of core/judge.ts. */
export interface DamageSpace {
  /** Mean embedding of clean photographs. */
  readonly mean: Float64Array
  /** A coordinate of an embedding is the product of its axis with what the embedding differs from the mean. */
  readonly axes: Matrix
  /** Coordinates of the kinds, [kinds x axes]. */
  readonly points: Matrix
  /** Differences of the kinds' means from the mean, in an orthonormal basis: [kinds x at most as many as axes]. */
  readonly displacements: Matrix
}

/** Embeddings to learn a {@link DamageSpace} from. */
export interface DamageSamples {
  /** Mean of each kind of damage. */
  readonly kindMeans: readonly ArrayLike<number>[]
  /** Embeddings of clean photographs, more than a few hundred. */
  readonly clean: readonly ArrayLike<number>[]
  /** Embeddings of damaged photographs, less the mean of their kind. */
  readonly residuals: readonly ArrayLike<number>[]
}

/**
 * Added to the covariance within kinds, as a share of its mean variance: without it a direction in
 * which few faces differ would look telling.
 */
const shrinkage = 0.3

/**
 * Finds the axes in which the means of kinds of damage differ most from clean photographs, in units
 * of how much faces of one kind differ there (linear discriminant analysis of kinds).
 *
 * @param count  axes wanted; fewer where there are fewer kinds
 * @source Fukunaga 1990, section 10.2, with the within-class matrix shrunk (Friedman 1989, JASA 84(405))
 */
export function findDamageSpace(
  { kindMeans, clean, residuals }: DamageSamples,
  count: number,
): DamageSpace {
  const dimension = clean[0]?.length ?? 0
  const mean = meanOf(clean, dimension)
  const covariance = covarianceOf(clean, mean)
  // Clean photographs and damaged ones weigh the same, however many there are.
  const ofDamaged = covarianceOf(residuals, new Float64Array(dimension))
  for (const [i, row] of covariance.entries()) {
    for (let j = 0; j < dimension; j++) row[j] = (row[j]! + ofDamaged[i]![j]!) / 2
  }
  const variance = covariance.reduce((sum, row, i) => sum + row[i]!, 0) / dimension
  for (const [i, row] of covariance.entries()) row[i]! += shrinkage * variance
  const shifts = kindMeans.map((each) => Float64Array.from(each, (value, i) => value - mean[i]!))
  // With S = L L^T the singular vectors of the whitened shifts M L^-T come from the small matrix
  // M S^-1 M^T = U D U^T: an axis is S^-1 M^T u / sqrt(d), and the kinds have coordinates U sqrt(D).
  const solved = solvePositive(covariance, shifts)
  const whitened = decompose(shifts, solved, count)
  const axes = whitened.vectors.map((weights, i) => {
    const axis = new Float64Array(dimension)
    for (const [k, column] of solved.entries()) {
      const weight = weights[k]! / Math.sqrt(whitened.values[i]!)
      for (let d = 0; d < dimension; d++) axis[d]! += weight * column[d]!
    }
    return axis
  })
  return {
    ...{ mean, axes },
    points: toCoordinates(whitened, shifts.length),
    displacements: toCoordinates(decompose(shifts, shifts, count), shifts.length),
  }
}

interface Decomposed {
  /** Positive, descending. */
  readonly values: readonly number[]
  readonly vectors: Matrix
}

/** The largest eigenvalues of A B^T, which has to be symmetric. */
function decompose(a: Matrix, b: Matrix, count: number): Decomposed {
  const { values, vectors } = decomposeSymmetric(
    a.map((row) => Float64Array.from(b, (column) => dot(row, column))),
  )
  const kept = values.slice(0, count).filter((value) => value > 1e-9 * values[0]!).length
  return { values: values.slice(0, kept), vectors: vectors.slice(0, kept) }
}

function toCoordinates({ values, vectors }: Decomposed, kinds: number): Matrix {
  return Array.from({ length: kinds }, (_, k) =>
    Float64Array.from(vectors, (vector, i) => Math.sqrt(values[i]!) * vector[k]!),
  )
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
