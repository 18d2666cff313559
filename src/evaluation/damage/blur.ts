import type { RgbImage } from '../../vision/pipeline/image.ts'
import {
  type ApplyDamage,
  createImage,
  faceScale,
  keepPlace,
  resizeImage,
  toByte,
  transpose,
} from './picture.ts'

/** Gaussian blur; `sigma` in pixels of a face of 100. */
export function blurGaussian(sigma: number): ApplyDamage {
  return keepPlace((image, face) => smooth(image, sigma * faceScale(face)))
}

/** A picture blurred by a Gaussian of `sigma` pixels. */
export function smooth(image: RgbImage, sigma: number): RgbImage {
  const radius = Math.max(1, Math.ceil(3 * sigma))
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-0.5 * ((i - radius) / Math.max(1e-3, sigma)) ** 2),
  )
  const blurRows = (each: RgbImage): RgbImage => convolve(each, toTaps(kernel, radius))
  return transpose(blurRows(transpose(blurRows(image))))
}

/** Blur along a line of `length` pixels of a face of 100; `degrees` from the image's rows. */
export function blurMotion(length: number, degrees: number): ApplyDamage {
  return keepPlace((image, face) => {
    const pixels = Math.max(2, Math.round(length * faceScale(face)))
    const angle = (degrees * Math.PI) / 180
    const taps = Array.from({ length: pixels }, (_, i) => {
      const along = i - (pixels - 1) / 2
      return {
        dx: Math.round(along * Math.cos(angle)),
        dy: Math.round(along * Math.sin(angle)),
        weight: 1,
      }
    })
    return convolve(image, taps)
  })
}

/** Blur of a lens out of focus: the mean of a disc, whose radius is in pixels of a face of 100. */
export function blurDefocus(radius: number): ApplyDamage {
  return keepPlace((image, face) => blurDisc(image, Math.max(1, radius * faceScale(face))))
}

/** Sums of rows make the cost of a pixel grow with the radius, not with its square. */
function blurDisc(image: RgbImage, radius: number): RgbImage {
  const { data, width, height } = image
  const result = createImage(width, height)
  const reach = Math.floor(radius)
  const sums = sumRows(image)
  const halves = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.floor(Math.sqrt(radius * radius - (i - reach) ** 2)),
  )
  const count = halves.reduce((sum, half) => sum + 2 * half + 1, 0)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (const [i, half] of halves.entries()) {
          const row = Math.min(height - 1, Math.max(0, y + i - reach))
          const [from, to] = [Math.max(0, x - half), Math.min(width - 1, x + half)]
          const at = 3 * row * (width + 1) + c
          sum += sums[at + 3 * (to + 1)]! - sums[at + 3 * from]!
          // Beyond the edge its pixel is repeated.
          sum += Math.max(0, half - x) * data[3 * row * width + c]!
          sum += Math.max(0, x + half - width + 1) * data[3 * ((row + 1) * width - 1) + c]!
        }
        result.data[3 * (y * width + x) + c] = toByte(sum / count)
      }
    }
  }
  return result
}

/** [height x (width + 1) x 3]: the sum of all pixels left of each; exact up to 65,000 pixels a row. */
function sumRows({ data, width, height }: RgbImage): Float32Array {
  const sums = new Float32Array(3 * (width + 1) * height)
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < 3 * width; i++) {
      const at = 3 * y * (width + 1) + i
      sums[at + 3] = sums[at]! + data[3 * y * width + i]!
    }
  }
  return sums
}

/** The face in squares of one colour, `across` of them over its shorter side. */
export function pixelate(across: number): ApplyDamage {
  return keepPlace((image, face) => {
    const cell = Math.max(2, Math.round((100 / across) * faceScale(face)))
    const coarse = resizeImage(
      image,
      Math.max(1, Math.round(image.width / cell)),
      Math.max(1, Math.round(image.height / cell)),
    )
    const result = createImage(image.width, image.height)
    const margin = 0.15
    const left = face.box.x - margin * face.box.width
    const right = face.box.x + (1 + margin) * face.box.width
    const top = face.box.y - margin * face.box.height
    const bottom = face.box.y + (1 + margin) * face.box.height
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const at = 3 * (y * image.width + x)
        const inside = x >= left && x < right && y >= top && y < bottom
        const column = Math.min(coarse.width - 1, Math.floor((x * coarse.width) / image.width))
        const row = Math.min(coarse.height - 1, Math.floor((y * coarse.height) / image.height))
        const from = inside ? 3 * (row * coarse.width + column) : at
        const source = inside ? coarse : image
        for (let c = 0; c < 3; c++) result.data[at + c] = source.data[from + c]!
      }
    }
    return result
  })
}

/** Smoothed like paint: each pixel the median of a square of `2 radius + 1`, pixels of a face of 100. */
export function paintLike(radius: number): ApplyDamage {
  return keepPlace((image, face) => medianFilter(image, Math.round(radius * faceScale(face))))
}

/** Median of each channel by a sliding histogram (Huang 1979). */
function medianFilter(image: RgbImage, wanted: number): RgbImage {
  const { data, width, height } = image
  const radius = Math.max(1, wanted)
  const result = createImage(width, height)
  const half = ((2 * radius + 1) ** 2 + 1) / 2
  const clampX = (x: number): number => Math.min(width - 1, Math.max(0, x))
  const clampY = (y: number): number => Math.min(height - 1, Math.max(0, y))
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const counts = new Int32Array(256)
      const addColumn = (x: number, by: number): void => {
        for (let dy = -radius; dy <= radius; dy++) {
          const value = data[3 * (clampY(y + dy) * width + clampX(x)) + c]!
          counts[value] = counts[value]! + by
        }
      }
      for (let dx = -radius; dx <= radius; dx++) addColumn(dx, 1)
      for (let x = 0; x < width; x++) {
        let seen = 0
        let value = -1
        while (seen < half) seen += counts[++value]!
        result.data[3 * (y * width + x) + c] = value
        addColumn(x - radius, -1)
        addColumn(x + radius + 1, 1)
      }
    }
  }
  return result
}

interface Tap {
  readonly dx: number
  readonly dy: number
  readonly weight: number
}

function toTaps(kernel: Float64Array, radius: number): readonly Tap[] {
  return Array.from(kernel, (weight, i) => ({ dx: i - radius, dy: 0, weight }))
}

/** Weighted mean of neighbours; outside the picture its edge is repeated. */
function convolve({ data, width, height }: RgbImage, taps: readonly Tap[]): RgbImage {
  const result = createImage(width, height)
  const sums = new Float32Array(data.length)
  const total = taps.reduce((sum, tap) => sum + tap.weight, 0)
  for (const { dx, dy, weight } of taps) {
    for (let y = 0; y < height; y++) {
      const row = Math.min(height - 1, Math.max(0, y + dy)) * width
      for (let x = 0; x < width; x++) {
        const from = 3 * (row + Math.min(width - 1, Math.max(0, x + dx)))
        const to = 3 * (y * width + x)
        sums[to] = sums[to]! + weight * data[from]!
        sums[to + 1] = sums[to + 1]! + weight * data[from + 1]!
        sums[to + 2] = sums[to + 2]! + weight * data[from + 2]!
      }
    }
  }
  for (let i = 0; i < sums.length; i++) result.data[i] = toByte(sums[i]! / total)
  return result
}
