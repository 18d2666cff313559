import type { Box, Landmarks5, Point } from '../../core/types.ts'
import type { RgbImage } from '../../vision/pipeline/image.ts'

/** Numbers in [0, 1), as `createRandom` makes them. */
export type Random = () => number

/** Where the face is in the clean photograph, as the detector found it. */
export interface FacePlace {
  readonly box: Box
  readonly landmarks: Landmarks5
}

export interface DamagedPicture {
  readonly image: RgbImage
  /** Where the face's box has gone, pixels of `image`; it may reach beyond its edges. */
  readonly box: Box
}

/** Damages a copy of a photograph; the photograph itself is never changed. */
export type ApplyDamage = (image: RgbImage, face: FacePlace, random: Random) => DamagedPicture

/** A damage that leaves every point where it is. */
export function keepPlace(
  change: (image: RgbImage, face: FacePlace, random: Random) => RgbImage,
): ApplyDamage {
  return (image, face, random) => ({ image: change(image, face, random), box: face.box })
}

/**
 * Pixels of this face for one pixel of a face whose shorter side has 100, so that a strength means
 * the same for large and small faces.
 */
export function faceScale({ box }: FacePlace): number {
  return Math.max(1, Math.min(box.width, box.height)) / 100
}

export function boxCentre({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 }
}

export function createImage(width: number, height: number): RgbImage {
  return { data: new Uint8Array(3 * width * height), width, height }
}

/** Rounds to a byte; values beyond 0 to 255 become the nearest end. */
export function toByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value)
}

/** Rec. 601 luma of one pixel, 0 to 255. */
export function lumaOf(r: number, g: number, b: number): number {
  return 0.299 * r + 0.587 * g + 0.114 * b
}

/** A colour that may be written to. */
export type Colour = [red: number, green: number, blue: number]

/** The colour of a pixel (`at`: its column and row) from the one that was there, set in `out`. */
export type ChangePixel = (out: Colour, x: number, y: number) => void

/** A copy whose pixels are changed one by one; values beyond a byte are cut off. */
export function changePixels(image: RgbImage, change: ChangePixel): RgbImage {
  const { data, width, height } = image
  const result = createImage(width, height)
  const colour: Colour = [0, 0, 0]
  let at = 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      colour[0] = data[at]!
      colour[1] = data[at + 1]!
      colour[2] = data[at + 2]!
      change(colour, x, y)
      for (let c = 0; c < 3; c++) result.data[at + c] = toByte(colour[c]!)
    }
  }
  return result
}

/** The point of the old picture that pixel (x, y) of the new one shows, set in `out`: x, y. */
export type ToSource = (out: [x: number, y: number], x: number, y: number) => void

/**
 * Moves pixels, bilinear between pixel centres; what lies outside the picture repeats its edge.
 *
 * @param size  width and height of the result, pixels
 */
export function movePixels(
  image: RgbImage,
  size: { readonly width: number; readonly height: number },
  toSource: ToSource,
): RgbImage {
  const result = createImage(size.width, size.height)
  const source: [number, number] = [0, 0]
  const colour: Colour = [0, 0, 0]
  let at = 0
  for (let y = 0; y < size.height; y++) {
    for (let x = 0; x < size.width; x++, at += 3) {
      toSource(source, x, y)
      readPixel(image, source, colour)
      for (let c = 0; c < 3; c++) result.data[at + c] = toByte(colour[c]!)
    }
  }
  return result
}

/** The colour at a point, bilinear; outside the picture that of the nearest edge. */
export function readPixel(
  { data, width, height }: RgbImage,
  point: readonly [x: number, y: number],
  out: Colour,
): void {
  const x = Math.min(width - 1, Math.max(0, point[0]))
  const y = Math.min(height - 1, Math.max(0, point[1]))
  const left = Math.floor(x)
  const top = Math.floor(y)
  const right = Math.min(width - 1, left + 1)
  const bottom = Math.min(height - 1, top + 1)
  const fx = x - left
  const fy = y - top
  for (let c = 0; c < 3; c++) {
    const upper = data[3 * (top * width + left) + c]! * (1 - fx)
    const lower = data[3 * (bottom * width + left) + c]! * (1 - fx)
    const upperRight = data[3 * (top * width + right) + c]! * fx
    const lowerRight = data[3 * (bottom * width + right) + c]! * fx
    out[c] = (upper + upperRight) * (1 - fy) + (lower + lowerRight) * fy
  }
}

/**
 * A picture of another size: every new pixel is the mean of the area it covers when it shrinks, and
 * bilinear when it grows.
 */
export function resizeImage(image: RgbImage, width: number, height: number): RgbImage {
  const narrowed = width < image.width ? shrinkRows(image, width) : image
  const shrunk =
    height < narrowed.height ? transpose(shrinkRows(transpose(narrowed), height)) : narrowed
  if (shrunk.width === width && shrunk.height === height) return shrunk
  const scaleX = shrunk.width / width
  const scaleY = shrunk.height / height
  return movePixels(shrunk, { width, height }, (out, x, y) => {
    out[0] = (x + 0.5) * scaleX - 0.5
    out[1] = (y + 0.5) * scaleY - 0.5
  })
}

function shrinkRows(image: RgbImage, width: number): RgbImage {
  const result = createImage(width, image.height)
  const scale = image.width / width
  for (let x = 0; x < width; x++) {
    const from = x * scale
    const to = Math.min(image.width, (x + 1) * scale)
    for (let y = 0; y < image.height; y++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0
        for (let column = Math.floor(from); column < to; column++) {
          const share = Math.min(to, column + 1) - Math.max(from, column)
          sum += share * image.data[3 * (y * image.width + column) + c]!
        }
        result.data[3 * (y * width + x) + c] = toByte(sum / (to - from))
      }
    }
  }
  return result
}

/** Rows become columns. */
export function transpose({ data, width, height }: RgbImage): RgbImage {
  const result = createImage(height, width)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + x)
      const to = 3 * (x * height + y)
      for (let c = 0; c < 3; c++) result.data[to + c] = data[from + c]!
    }
  }
  return result
}
