import { FaceError } from '../../core/errors.ts'

/** Far above the 1 of an embedding, and its products are far from overflow. */
const maxNorm = 1e6

/** The error of vectors whose length is no multiple of the dimension. */
export function toLengthError(floats: number, dimension: number): FaceError {
  return new FaceError('dimensionMismatch', {
    detail: `Expected vectors of ${dimension} numbers, got ${floats} numbers.`,
    info: { expected: dimension },
  })
}

/** The largest Euclidean norm of the rows. @throws {FaceError} `invalidEmbedding` for NaN, infinity or a norm above {@link maxNorm} */
export function computeLargestNorm(vectors: Float32Array, dimension: number): number {
  let largest = 0
  for (let row = 0; row < vectors.length; row += dimension) {
    let sum = 0
    for (let i = row; i < row + dimension; i++) sum += vectors[i]! * vectors[i]!
    checkNorm(sum)
    if (sum > largest) largest = sum
  }
  return Math.sqrt(largest)
}

/** The root of a sum of squares. @throws {FaceError} `invalidEmbedding` for NaN, infinity or a norm above {@link maxNorm} */
export function checkNorm(square: number): number {
  // Also false for NaN.
  if (square <= maxNorm ** 2) return Math.sqrt(square)
  throw new FaceError('invalidEmbedding', { detail: 'It has numbers that are not finite.' })
}
