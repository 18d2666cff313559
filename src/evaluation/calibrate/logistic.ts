/** One example: what is known of it, and whether it belongs to the class. */
export interface Example {
  /** One value a feature; the same number for all examples. */
  readonly features: readonly number[]
  readonly isPositive: boolean
}

export interface LogisticModel {
  readonly intercept: number
  /** One a feature, in the feature's own unit. */
  readonly weights: readonly number[]
}

/** Keeps weights finite where the classes can be told apart without error. */
const ridge = 1e-4
const maxRounds = 50
const settled = 1e-8

/**
 * Fits a logistic regression, both classes weighing the same however many examples each has.
 *
 * @param examples  some of each class
 * @source Hastie, Tibshirani and Friedman 2009, section 4.4.1 (iteratively reweighted least squares), with a ridge on standardised features
 */
export function fitLogistic(examples: readonly Example[]): LogisticModel {
  const width = examples[0]?.features.length ?? 0
  const scales = Array.from({ length: width }, (_, f) =>
    measureFeature(examples.map(({ features }) => features[f] as number)),
  )
  const rows = examples.map(({ features, isPositive }) => ({
    x: [1, ...features.map((value, f) => (value - scales[f]!.mean) / scales[f]!.deviation)],
    y: isPositive ? 1 : 0,
  }))
  const positives = rows.reduce((sum, { y }) => sum + y, 0)
  const shares = [0.5 / Math.max(1, rows.length - positives), 0.5 / Math.max(1, positives)]
  let beta = new Array<number>(width + 1).fill(0)
  for (let round = 0; round < maxRounds; round++) {
    const hessian = beta.map((_, i) => beta.map((__, j) => (i === j ? ridge : 0)))
    const gradient = beta.map((value) => -ridge * value)
    for (const { x, y } of rows) {
      const share = shares[y] as number
      const p = toProbability(x.reduce((sum, value, i) => sum + value * beta[i]!, 0))
      for (let i = 0; i <= width; i++) {
        gradient[i]! += share * (y - p) * x[i]!
        for (let j = 0; j <= width; j++) hessian[i]![j]! += share * p * (1 - p) * x[i]! * x[j]!
      }
    }
    const step = solve(hessian, gradient)
    beta = beta.map((value, i) => value + step[i]!)
    if (Math.max(...step.map(Math.abs)) < settled) break
  }
  const weights = scales.map(({ deviation }, f) => beta[f + 1]! / deviation)
  const shift = scales.reduce((sum, { mean }, f) => sum + weights[f]! * mean, 0)
  return { intercept: beta[0]! - shift, weights }
}

/** Log-odds of the class. */
export function scoreLogistic(model: LogisticModel, features: readonly number[]): number {
  return features.reduce((sum, value, f) => sum + value * model.weights[f]!, model.intercept)
}

function measureFeature(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  const deviation = Math.sqrt(variance)
  // A constant tells nothing, and rounding must not make it look as if it did: it gets weight 0.
  const isConstant = deviation <= 1e-9 * Math.abs(mean)
  return { mean, deviation: isConstant ? Number.POSITIVE_INFINITY : deviation }
}

function toProbability(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds))
}

/** Solves a positive definite system by Gaussian elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number])
  const size = rows.length
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let row = column + 1; row < size; row++) {
      if (Math.abs(rows[row]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = row
    }
    const chosen = rows[pivot] as number[]
    rows[pivot] = rows[column] as number[]
    rows[column] = chosen
    for (let row = column + 1; row < size; row++) {
      const factor = rows[row]![column]! / chosen[column]!
      for (let i = column; i <= size; i++) rows[row]![i]! -= factor * chosen[i]!
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let row = size - 1; row >= 0; row--) {
    let value = rows[row]![size] as number
    for (let i = row + 1; i < size; i++) value -= rows[row]![i]! * solution[i]!
    solution[row] = value / rows[row]![row]!
  }
  return solution
}
