// [Note: Rotated embeddings]
// A rotation keeps every similarity, as it keeps lengths and angles; but embeddings that were rotated by
// two rotations, neither of which is known, cannot be compared with each other. The rotation is a product
// of reflections: reflection i acts on the coordinates from i on and carries the first of them to a random
// direction. With normal deviates for the directions the product is uniform over all orthogonal maps. It
// needs half the memory of a matrix, no time to set up, and is taken back by the same reflections in
// the other order.
// Source: Stewart 1980, SIAM J. Numer. Anal. 17(3), 403-409, section 3.

/** A random orthogonal map of a space. */
export interface Rotation {
  readonly dimension: number
  /**
   * @param vectors  n x dimension, row-major, of any length
   * @returns n x dimension, rotated
   */
  rotate(vectors: Float32Array): Float32Array
  /** What {@link rotate} was given, to float32 precision. */
  rotateBack(vectors: Float32Array): Float32Array
}

interface Reflection {
  /** [dimension - i], unit vector */
  readonly normal: Float64Array
  /** What the reflected vector is multiplied with: 1 or -1. */
  readonly sign: number
}

/**
 * Creates the rotation that the deviates make; see [Note: Rotated embeddings].
 *
 * @param deviate  draws from the standard normal distribution; dimension x (dimension + 1) / 2 are taken
 */
export function createRotation(dimension: number, deviate: () => number): Rotation {
  const reflections = Array.from({ length: dimension }, (_, i) =>
    toReflection(Float64Array.from({ length: dimension - i }, deviate)),
  )
  const backwards = [...reflections].reverse()

  function apply(vectors: Float32Array, ordered: readonly Reflection[]): Float32Array {
    if (vectors.length % dimension !== 0) throw new RangeError(`Not rows of ${dimension} values.`)
    const out = new Float32Array(vectors.length)
    const row = new Float64Array(dimension)
    for (let start = 0; start < vectors.length; start += dimension) {
      row.set(vectors.subarray(start, start + dimension))
      for (const reflection of ordered) reflectInPlace(row, reflection)
      out.set(row, start)
    }
    return out
  }

  return {
    dimension,
    rotate: (vectors) => apply(vectors, backwards),
    rotateBack: (vectors) => apply(vectors, reflections),
  }
}

/**
 * The reflection, with its sign, that carries the first axis to a direction.
 *
 * @param direction  [n] of any length but 0; without any length it is the first axis
 */
function toReflection(direction: Float64Array): Reflection {
  const norm = Math.hypot(...direction)
  const normal = norm === 0 ? new Float64Array(direction.length) : direction.map((x) => x / norm)
  // The sign that adds, so that nothing cancels out.
  const sign = (normal[0] as number) < 0 ? -1 : 1
  normal[0] = (normal[0] as number) + sign
  const length = Math.hypot(...normal)
  return { normal: normal.map((x) => x / length), sign: -sign }
}

/** Reflects the last coordinates of a vector, as many as the reflection has. */
function reflectInPlace(row: Float64Array, { normal, sign }: Reflection): void {
  const first = row.length - normal.length
  let product = 0
  for (let j = 0; j < normal.length; j++) {
    product += (row[first + j] as number) * (normal[j] as number)
  }
  for (let j = 0; j < normal.length; j++) {
    const reflected = (row[first + j] as number) - 2 * product * (normal[j] as number)
    row[first + j] = sign * reflected
  }
}
