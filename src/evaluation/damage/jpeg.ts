import type { RgbImage } from '../../vision/pipeline/image.ts'
import { type ApplyDamage, createImage, keepPlace, toByte } from './picture.ts'

const side = 8

/** Quantisation tables for luma and chroma at quality 50. @source ITU-T T.81 (1992), tables K.1 and K.2 */
const lumaTable = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
]
const chromaTable = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
]

/** Compresses as JPEG of a quality of 1 to 100, with half the resolution for colour. */
export function compressJpeg(quality: number): ApplyDamage {
  return keepPlace((image) => compress(image, quality))
}

/**
 * Loses what a JPEG file loses, without writing one: cosine transform of 8 x 8 pixels, rounding to
 * the quality's steps, and back.
 *
 * @source ITU-T T.81; the steps of a quality as libjpeg's `jpeg_quality_scaling`
 */
function compress(image: RgbImage, quality: number): RgbImage {
  const { data, width, height } = image
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality
  const toSteps = (table: readonly number[]) =>
    table.map((step) => Math.min(255, Math.max(1, Math.floor((step * scale + 50) / 100))))
  const halfWidth = Math.ceil(width / 2)
  const halfHeight = Math.ceil(height / 2)
  const luma = createPlane(width, height)
  const blue = createPlane(halfWidth, halfHeight)
  const red = createPlane(halfWidth, halfHeight)
  const counts = createPlane(halfWidth, halfHeight)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x)
      const [r, g, b] = [data[at]!, data[at + 1]!, data[at + 2]!]
      luma.values[y * width + x] = 0.299 * r + 0.587 * g + 0.114 * b - 128
      const half = (y >> 1) * halfWidth + (x >> 1)
      counts.values[half] = counts.values[half]! + 1
      blue.values[half] = blue.values[half]! - 0.168736 * r - 0.331264 * g + 0.5 * b
      red.values[half] = red.values[half]! + 0.5 * r - 0.418688 * g - 0.081312 * b
    }
  }
  for (const [i, count] of counts.values.entries()) {
    blue.values[i] = blue.values[i]! / count
    red.values[i] = red.values[i]! / count
  }
  quantiseInPlace(luma, toSteps(lumaTable))
  quantiseInPlace(blue, toSteps(chromaTable))
  quantiseInPlace(red, toSteps(chromaTable))
  const result = createImage(width, height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const half = (y >> 1) * halfWidth + (x >> 1)
      const light = luma.values[at]! + 128
      const [cb, cr] = [blue.values[half]!, red.values[half]!]
      result.data[3 * at] = toByte(light + 1.402 * cr)
      result.data[3 * at + 1] = toByte(light - 0.344136 * cb - 0.714136 * cr)
      result.data[3 * at + 2] = toByte(light + 1.772 * cb)
    }
  }
  return result
}

interface Plane {
  readonly values: Float32Array
  readonly width: number
  readonly height: number
}

function createPlane(width: number, height: number): Plane {
  return { values: new Float32Array(width * height), width, height }
}

/** Blocks that reach beyond the edge repeat it. */
function quantiseInPlace({ values, width, height }: Plane, steps: readonly number[]): void {
  const block = new Float64Array(side * side)
  const basis = cosines()
  for (let top = 0; top < height; top += side) {
    for (let left = 0; left < width; left += side) {
      for (let y = 0; y < side; y++) {
        const row = Math.min(height - 1, top + y) * width
        for (let x = 0; x < side; x++) {
          block[y * side + x] = values[row + Math.min(width - 1, left + x)]!
        }
      }
      const coefficients = multiply(multiply(basis, block), turn(basis))
      for (const [i, step] of steps.entries()) {
        coefficients[i] = Math.round(coefficients[i]! / step) * step
      }
      const back = multiply(multiply(turn(basis), coefficients), basis)
      for (let y = 0; y < Math.min(side, height - top); y++) {
        for (let x = 0; x < Math.min(side, width - left); x++) {
          values[(top + y) * width + left + x] = back[y * side + x]!
        }
      }
    }
  }
}

/** The orthonormal cosine transform as a matrix, [8 x 8]. */
function cosines(): Float64Array {
  return Float64Array.from({ length: side * side }, (_, i) => {
    const frequency = Math.floor(i / side)
    const size = frequency === 0 ? Math.sqrt(1 / side) : Math.sqrt(2 / side)
    return size * Math.cos(((2 * (i % side) + 1) * frequency * Math.PI) / (2 * side))
  })
}

function multiply(a: Float64Array, b: Float64Array): Float64Array {
  const product = new Float64Array(side * side)
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      let sum = 0
      for (let k = 0; k < side; k++) sum += a[y * side + k]! * b[k * side + x]!
      product[y * side + x] = sum
    }
  }
  return product
}

function turn(a: Float64Array): Float64Array {
  return Float64Array.from(a, (_, i) => a[(i % side) * side + Math.floor(i / side)]!)
}
