import { FaceError } from './errors.ts'

/** Squared norms below this are treated as a zero vector, which has no direction. */
const minSquaredNorm = 1e-12

/**
 * Inner product of two vectors; for unit vectors their cosine similarity.
 *
 * @param a  [d]
 * @param b  [d]
 * @throws {FaceError} `dimensionMismatch` when the lengths differ
 */
export function dotProduct(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) {
    throw new FaceError('dimensionMismatch', {
      detail: `Expected ${a.length} values, got ${b.length}.`,
      info: { expected: a.length, actual: b.length },
    })
  }
  // Four sums at once: one alone would wait for each addition before the next.
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  const whole = a.length & ~3
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[i]!
    s1 += a[i + 1]! * b[i + 1]!
    s2 += a[i + 2]! * b[i + 2]!
    s3 += a[i + 3]! * b[i + 3]!
  }
  for (let i = whole; i < a.length; i++) s0 += a[i]! * b[i]!
  return s0 + s1 + (s2 + s3)
}

/**
 * Cosine similarity of two vectors of any length, -1 to 1.
 *
 * @throws {FaceError} `dimensionMismatch` when the lengths differ; `invalidEmbedding` when one is zero or not finite
 */
export function cosineSimilarity(a: Float32Array, b: Float32Array): number {
  const product = dotProduct(a, b)
  const norms = Math.sqrt(squaredNorm(a) * squaredNorm(b))
  return Math.min(1, Math.max(-1, product / norms))
}

// [Note: Unit length]
// Embeddings have length 1, so that a dot product is a cosine. It is made where an embedding comes
// from: by an embedder, and by `parseEmbedding` for numbers from outside. The database normalises once
// more what is enrolled (`toUnitEmbedding`), because a search later trusts it: indexes, snapshots and
// the decision compute with what they are given. Restored faces, exports and the seed's documents are
// checked and kept bit for bit (`assertUnitEmbedding`). Means of several faces have another length,
// and say so where they are made.

/**
 * Scales a vector to length 1, in place; see [Note: Unit length].
 *
 * @returns its length before, > 0
 * @throws {FaceError} `invalidEmbedding` when it is zero or not finite; it is unchanged then
 */
export function normalizeInPlace(vector: Float32Array): number {
  const length = Math.sqrt(squaredNorm(vector))
  const scale = 1 / length
  for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! * scale
  return length
}

/**
 * A unit vector from numbers that came from outside.
 *
 * @param values     any direction, any length but 0
 * @param dimension  how many values the model has
 * @throws {FaceError} `dimensionMismatch`; `invalidEmbedding` when a value is not finite or all are 0
 */
export function parseEmbedding(values: ArrayLike<number>, dimension: number): Float32Array {
  if (values.length !== dimension) {
    throw new FaceError('dimensionMismatch', {
      detail: `Expected ${dimension} values, got ${values.length}.`,
      info: { expected: dimension, actual: values.length },
    })
  }
  const embedding = Float32Array.from(values)
  normalizeInPlace(embedding)
  return embedding
}

function squaredNorm(vector: Float32Array): number {
  let sum = 0
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!
  if (!(sum >= minSquaredNorm && sum < Number.POSITIVE_INFINITY)) {
    throw new FaceError('invalidEmbedding', {
      detail: 'Its values must be finite and not all 0.',
    })
  }
  return sum
}
