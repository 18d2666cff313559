/** One level of an image's pyramid. Channels are R, G, B, 0 to 255. */
export type PyramidLevel = ByteLevel | FloatLevel

/** Interleaved, as decoded: `pixelStride` is 3, `channelStride` 1. */
export interface ByteLevel extends LevelLayout {
  readonly data: Uint8Array
}

/** Planar, as the graphs make them: `pixelStride` is 1. */
export interface FloatLevel extends LevelLayout {
  readonly data: Float32Array
}

interface LevelLayout {
  readonly width: number
  readonly height: number
  readonly pixelStride: number
  readonly rowStride: number
  readonly channelStride: number
  /** Level pixels a pixel of the full image, at most 1. */
  readonly scaleX: number
  readonly scaleY: number
}

/**
 * A crop may be cut from a level whose pixels are this much coarser than the crop's. At 1 small
 * faces need another level; much below it, one face in 22 was lost and another moved.
 */
const coarsestPitch = 0.85

/**
 * Levels are blurred by their own shrinking, so a crop is cut from one finer than it
 * needs. The factors were chosen by agreement with the reference detector and re-measured on
 * recognition; docs/decisions/0003-crop-levels.md has the numbers.
 */
const detectorOversampling = 1.5
const embedderOversampling = 2

/**
 * The coarsest level that still resolves a crop.
 *
 * @param levels  the first is the full image
 * @param scale   crop pixels a pixel of the full image
 */
export function pickLevel(levels: readonly PyramidLevel[], scale: number): PyramidLevel {
  let best = levels[0]!
  for (const level of levels) {
    if (level.scaleX >= scale * coarsestPitch && level.scaleX < best.scaleX) best = level
  }
  return best
}

/**
 * Cuts square crops with one bilinear sample a pixel, each from the level nearest its size.
 * What lies outside the image is black, as the networks of MTCNN were trained.
 *
 * @param boxes  flat [n x 4]: x1, y1, x2, y2, pixels of the full image
 * @param size   crop pixels
 * @param out    [n x 3 x size x size] planar RGB, 0 to 255
 */
export function cutCrops(
  levels: readonly PyramidLevel[],
  boxes: Float32Array,
  { size, out }: { readonly size: number; readonly out: Float32Array },
): void {
  const columns = createAxis(size)
  const rows = createAxis(size)
  const plane = size * size
  for (let at = 0, to = 0; at < boxes.length; at += 4, to += 3 * plane) {
    const x1 = boxes[at]!
    const y1 = boxes[at + 1]!
    const width = boxes[at + 2]! - x1
    const height = boxes[at + 3]! - y1
    const level = pickLevel(levels, (detectorOversampling * size) / width)
    fillAxis(columns, {
      start: x1 * level.scaleX,
      pitch: (width * level.scaleX) / size,
      length: level.width,
      stride: level.pixelStride,
    })
    fillAxis(rows, {
      start: y1 * level.scaleY,
      pitch: (height * level.scaleY) / size,
      length: level.height,
      stride: level.rowStride,
    })
    const target = { out, offset: to }
    if (isByteLevel(level)) sampleBytes(level.data, columns, rows, target)
    else sampleFloats(level, columns, rows, target)
  }
}

/** Where the samples of one axis fall: two neighbours each, with weights; 0 outside the image. */
interface Axis {
  readonly size: number
  readonly lower: Int32Array
  readonly upper: Int32Array
  readonly lowerWeight: Float64Array
  readonly upperWeight: Float64Array
}

function createAxis(size: number): Axis {
  return {
    size,
    lower: new Int32Array(size),
    upper: new Int32Array(size),
    lowerWeight: new Float64Array(size),
    upperWeight: new Float64Array(size),
  }
}

interface SampleTarget {
  /** [n x 3 x size x size] */
  readonly out: Float32Array
  /** Of the crop's first value. */
  readonly offset: number
}

interface AxisSpan {
  /** Level pixels, edge of the first pixel at 0. */
  readonly start: number
  readonly pitch: number
  readonly length: number
  readonly stride: number
}

function fillAxis(out: Axis, { start, pitch, length, stride }: AxisSpan): void {
  for (let i = 0; i < out.size; i++) {
    const position = start + (i + 0.5) * pitch - 0.5
    const index = Math.floor(position)
    const fraction = position - index
    const hasLower = index >= 0 && index < length
    const hasUpper = index + 1 >= 0 && index + 1 < length
    out.lower[i] = hasLower ? index * stride : 0
    out.upper[i] = hasUpper ? (index + 1) * stride : 0
    out.lowerWeight[i] = hasLower ? 1 - fraction : 0
    out.upperWeight[i] = hasUpper ? fraction : 0
  }
}

function isByteLevel(level: PyramidLevel): level is ByteLevel {
  return level.data instanceof Uint8Array
}

// [Note: One array type a loop] The same loop over levels of bytes and of floats takes half as long
// again, because each read first asks which of them it has. So each layout has a loop of its own. A
// table of positions and weights that both share would take back what that saves.

/** Samples a level of interleaved bytes. */
function sampleBytes(
  data: Uint8Array,
  columns: Axis,
  rows: Axis,
  { out, offset }: SampleTarget,
): void {
  const { size, lower, upper, lowerWeight, upperWeight } = columns
  const plane = size * size
  for (let j = 0, to = offset; j < size; j++) {
    const above = rows.lower[j]!
    const below = rows.upper[j]!
    const weightAbove = rows.lowerWeight[j]!
    const weightBelow = rows.upperWeight[j]!
    for (let i = 0; i < size; i++, to++) {
      const w0 = lowerWeight[i]! * weightAbove
      const w1 = upperWeight[i]! * weightAbove
      const w2 = lowerWeight[i]! * weightBelow
      const w3 = upperWeight[i]! * weightBelow
      const p0 = above + lower[i]!
      const p1 = above + upper[i]!
      const p2 = below + lower[i]!
      const p3 = below + upper[i]!
      out[to] = data[p0]! * w0 + data[p1]! * w1 + data[p2]! * w2 + data[p3]! * w3
      out[to + plane] =
        data[p0 + 1]! * w0 + data[p1 + 1]! * w1 + data[p2 + 1]! * w2 + data[p3 + 1]! * w3
      out[to + 2 * plane] =
        data[p0 + 2]! * w0 + data[p1 + 2]! * w1 + data[p2 + 2]! * w2 + data[p3 + 2]! * w3
    }
  }
}

/** Samples a level of planar floats. */
function sampleFloats(
  { data, channelStride }: FloatLevel,
  columns: Axis,
  rows: Axis,
  { out, offset }: SampleTarget,
): void {
  const { size, lower, upper, lowerWeight, upperWeight } = columns
  const plane = size * size
  for (let j = 0, to = offset; j < size; j++) {
    const above = rows.lower[j]!
    const below = rows.upper[j]!
    const weightAbove = rows.lowerWeight[j]!
    const weightBelow = rows.upperWeight[j]!
    for (let i = 0; i < size; i++, to++) {
      const w0 = lowerWeight[i]! * weightAbove
      const w1 = upperWeight[i]! * weightAbove
      const w2 = lowerWeight[i]! * weightBelow
      const w3 = upperWeight[i]! * weightBelow
      let p0 = above + lower[i]!
      let p1 = above + upper[i]!
      let p2 = below + lower[i]!
      let p3 = below + upper[i]!
      for (let at = to; at < offset + 3 * plane; at += plane) {
        out[at] = data[p0]! * w0 + data[p1]! * w1 + data[p2]! * w2 + data[p3]! * w3
        p0 += channelStride
        p1 += channelStride
        p2 += channelStride
        p3 += channelStride
      }
    }
  }
}

/**
 * Crop pixels to full-image pixels, both with the first pixel's centre at 0; row-major 2 x 3:
 * x' = a x + b y + tx, y' = c x + d y + ty.
 */
export type CropTransform = readonly [
  a: number,
  b: number,
  tx: number,
  c: number,
  d: number,
  ty: number,
]

/** Samples a pixel and axis where the level is finer than the crop; bounds the cost of a face. */
const maxSamples = 4

/** How a crop is cut. */
export interface WarpOptions {
  /** Crop pixels. */
  readonly size: number
  /**
   * What stands where the crop leaves the image. `black` (default): strangers whose faces the edge
   * cuts look alike with anything else there, docs/decisions/0012-comparable-faces.md. `repeat`:
   * the nearest pixel, for measures that a black part would disturb.
   */
  readonly edge?: 'black' | 'repeat'
}

/**
 * Warps an image into a crop, anti-aliased: from the pyramid level nearest the crop's size, with
 * several bilinear samples a pixel where that level is still finer.
 *
 * @returns [3 x size x size] planar RGB, 0 to 255
 */
export function warpCrop(
  levels: readonly PyramidLevel[],
  transform: CropTransform,
  { size, edge = 'black' }: WarpOptions,
): Float32Array {
  const [a, b, tx, c, d, ty] = transform
  // Image pixels that a step along the crop's columns and rows takes.
  const pitchX = Math.hypot(a, c)
  const pitchY = Math.hypot(b, d)
  const level = pickLevel(levels, embedderOversampling / Math.min(pitchX, pitchY))
  // Levels keep the image's shape to a pixel, so one scale serves both axes.
  const samplesX = countSamples(level.scaleX * pitchX)
  const samplesY = countSamples(level.scaleX * pitchY)
  const { data, pixelStride, rowStride, channelStride } = level
  // Level coordinates: full-image pixel centres are shifted by half a pixel before scaling.
  const ax = a * level.scaleX
  const bx = b * level.scaleX
  const startX = (tx + 0.5) * level.scaleX - 0.5
  const cy = c * level.scaleY
  const dy = d * level.scaleY
  const startY = (ty + 0.5) * level.scaleY - 0.5
  const lastX = level.width - 1
  const lastY = level.height - 1
  const plane = size * size
  const samples = samplesX * samplesY
  // Where the samples of a pixel lie, level pixels from its centre.
  const offsetsX = new Float64Array(samples)
  const offsetsY = new Float64Array(samples)
  for (let sub = 0; sub < samples; sub++) {
    const right = ((sub % samplesX) + 0.5) / samplesX - 0.5
    const down = (Math.floor(sub / samplesX) + 0.5) / samplesY - 0.5
    offsetsX[sub] = ax * right + bx * down
    offsetsY[sub] = cy * right + dy * down
  }
  const blackens = edge === 'black' && leavesImage(levels[0]!, transform, size)
  const weight = 1 / samples
  const out = new Float32Array(3 * plane)
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      const centreX = ax * i + bx * j + startX
      const centreY = cy * i + dy * j + startY
      let red = 0
      let green = 0
      let blue = 0
      for (let sub = 0; sub < samples; sub++) {
        const x = centreX + offsetsX[sub]!
        const y = centreY + offsetsY[sub]!
        // A pixel reaches half its width beyond its centre.
        if (blackens && (x < -0.5 || y < -0.5 || x > lastX + 0.5 || y > lastY + 0.5)) continue
        const fx = Math.max(0, Math.min(lastX, x))
        const fy = Math.max(0, Math.min(lastY, y))
        // Truncation: they are not negative.
        const xi = fx | 0
        const yi = fy | 0
        const fractionX = fx - xi
        const fractionY = fy - yi
        const right = xi < lastX ? pixelStride : 0
        const below = yi < lastY ? rowStride : 0
        const w3 = fractionX * fractionY
        const w2 = fractionY - w3
        const w1 = fractionX - w3
        const w0 = 1 - fractionX - w2
        let p0 = yi * rowStride + xi * pixelStride
        let p1 = p0 + right
        let p2 = p0 + below
        let p3 = p2 + right
        red += data[p0]! * w0 + data[p1]! * w1 + data[p2]! * w2 + data[p3]! * w3
        p0 += channelStride
        p1 += channelStride
        p2 += channelStride
        p3 += channelStride
        green += data[p0]! * w0 + data[p1]! * w1 + data[p2]! * w2 + data[p3]! * w3
        p0 += channelStride
        p1 += channelStride
        p2 += channelStride
        p3 += channelStride
        blue += data[p0]! * w0 + data[p1]! * w1 + data[p2]! * w2 + data[p3]! * w3
      }
      const to = j * size + i
      out[to] = red * weight
      out[to + plane] = green * weight
      out[to + 2 * plane] = blue * weight
    }
  }
  return out
}

/**
 * How much of a crop lies outside the image, by the centres of its pixels.
 *
 * @param full  the image, or a level of its size
 * @param size  crop pixels
 * @returns share of the crop's area, 0 to 1
 */
export function computeShareOutside(
  full: Pick<PyramidLevel, 'width' | 'height'>,
  transform: CropTransform,
  size: number,
): number {
  if (!leavesImage(full, transform, size)) return 0
  const [a, b, tx, c, d, ty] = transform
  let inside = 0
  for (let j = 0; j < size; j++) {
    const columns = spanWithin(b * j + tx, a, { length: full.width, size })
    const rows = spanWithin(d * j + ty, c, { length: full.height, size })
    inside += Math.max(0, Math.min(columns.end, rows.end) - Math.max(columns.start, rows.start))
  }
  return 1 - inside / (size * size)
}

/** Crop and image are convex: with the corners, half a pixel beyond the outer centres, all is inside. */
function leavesImage(
  { width, height }: Pick<PyramidLevel, 'width' | 'height'>,
  [a, b, tx, c, d, ty]: CropTransform,
  size: number,
): boolean {
  const ends = [-0.5, size - 0.5]
  return ends.some((i) =>
    ends.some((j) => {
      const x = a * i + b * j + tx
      const y = c * i + d * j + ty
      return x < -0.5 || y < -0.5 || x > width - 0.5 || y > height - 0.5
    }),
  )
}

/**
 * The steps i of 0 to size - 1 at which `start + i * step` lies on an axis of the image.
 *
 * @returns the first of them and the one behind the last
 */
function spanWithin(
  start: number,
  step: number,
  { length, size }: { readonly length: number; readonly size: number },
): { readonly start: number; readonly end: number } {
  const low = -0.5 - start
  const high = length - 0.5 - start
  if (step === 0) return { start: 0, end: low <= 0 && high >= 0 ? size : 0 }
  const [first, last] = step > 0 ? [low / step, high / step] : [high / step, low / step]
  return { start: Math.max(0, Math.ceil(first)), end: Math.min(size, Math.floor(last) + 1) }
}

/** @param pitch  level pixels a crop pixel */
function countSamples(pitch: number): number {
  return Math.max(1, Math.min(maxSamples, Math.round(pitch)))
}

/**
 * Luma of a planar RGB crop.
 *
 * @param rgb     [3 x size x size], 0 to 255
 * @returns [size x size], 0 to 255
 * @source ITU-R BT.601, section 2.5.1
 */
export function toLuma(rgb: Float32Array, size: number): Float32Array {
  const plane = size * size
  const grey = new Float32Array(plane)
  for (let i = 0; i < plane; i++) {
    grey[i] = 0.299 * rgb[i]! + 0.587 * rgb[i + plane]! + 0.114 * rgb[i + 2 * plane]!
  }
  return grey
}
