import { type NamedArray, sizeOf } from '../weights/named-array.ts'
import type { ConvWeights } from './graph-writer.ts'

/** Per-channel input normalisation (x - mean) / std, values 0..255. */
export interface Affine {
  readonly mean: readonly number[]
  readonly std: readonly number[]
}

/**
 * Reorders a TensorFlow kernel for ONNX and scales each output channel.
 *
 * @param kernel  shape [height, width, inputs, outputs]
 * @param scale   [outputs], for instance of a folded batch normalisation; 1 when left out
 * @returns values in the order [outputs, inputs, height, width]
 */
export function toOihw(kernel: NamedArray, scale?: Float32Array): Float32Array {
  const [height, width, inputs, outputs] = kernel.shape as [number, number, number, number]
  const out = new Float32Array(sizeOf(kernel.shape))
  let source = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let i = 0; i < inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const value = kernel.data[source++]!
          out[((o * inputs + i) * height + y) * width + x] = value * (scale ? scale[o]! : 1)
        }
      }
    }
  }
  return out
}

/**
 * Folds the input's normalisation into the first convolution, so that it takes raw pixels:
 * W' = W / std and b' = b - sum(W x mean / std).
 *
 * Exact only for a convolution without padding: a padded zero would no longer be the mean.
 */
export function foldAffine(weights: ConvWeights, { mean, std }: Affine): ConvWeights {
  const [outputs, inputs, height, width] = weights.shape
  const area = height * width
  const kernel = new Float32Array(weights.kernel.length)
  const bias = new Float32Array(outputs)
  for (let o = 0; o < outputs; o++) {
    let shift = 0
    for (let i = 0; i < inputs; i++) {
      const scale = 1 / std[i]!
      let sum = 0
      for (let k = (o * inputs + i) * area, end = k + area; k < end; k++) {
        kernel[k] = weights.kernel[k]! * scale
        sum += weights.kernel[k]! * scale
      }
      shift += sum * mean[i]!
    }
    bias[o] = weights.bias[o]! - shift
  }
  return { shape: weights.shape, kernel, bias }
}
