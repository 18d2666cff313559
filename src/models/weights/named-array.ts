import { FaceError } from '../../core/errors.ts'

/** A weight: row-major float32 values and their shape. */
export interface NamedArray {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export type NamedArrays = ReadonlyMap<string, NamedArray>

/** Product of the dimensions; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}

/**
 * The array called `name`.
 *
 * @param rank  number of dimensions it must have
 * @throws {FaceError} `modelImportFailed` when it is missing or of another rank
 */
export function requireArray(arrays: NamedArrays, name: string, rank: number): NamedArray {
  const array = arrays.get(name)
  if (!array) {
    throw new FaceError('modelImportFailed', { detail: `It has no weight named ${name}.` })
  }
  if (array.shape.length !== rank) {
    throw new FaceError('modelImportFailed', {
      detail: `Weight ${name} has ${array.shape.length} dimensions, expected ${rank}.`,
    })
  }
  return array
}
