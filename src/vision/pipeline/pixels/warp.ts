import type { PyramidLevel } from './levels.ts'
import { pickLevel } from './levels.ts'
import type { LevelMap } from './sampler.ts'
import { getSampler, maxWarpSamples } from './sampler.ts'

/**
 * Levels are blurred by their own shrinking, so a crop is cut from one finer than it needs. The
 * factor was measured on recognition; docs/decisions/0003-crop-levels.md has the numbers.
 */
const oversampling = 2

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
const maxSamples = Math.sqrt(maxWarpSamples)

/** How a crop is cut. */
export interface WarpOptions {
  /** Crop pixels. */
  readonly size: number
  /**
   * Colour of the crop outside of the image. `black` (default): strangers whose faces the edge
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
  const level = pickLevel(levels, oversampling / Math.min(pitchX, pitchY))
  const map = {
    ax: a * level.scaleX,
    bx: b * level.scaleX,
    // Full-image pixel centres are shifted by half a pixel before scaling.
    startX: (tx + 0.5) * level.scaleX - 0.5,
    cy: c * level.scaleY,
    dy: d * level.scaleY,
    startY: (ty + 0.5) * level.scaleY - 0.5,
  }
  // Levels keep the image's shape to a pixel, so one scale serves both axes.
  const offsets = placeSamples(map, {
    across: countSamples(level.scaleX * pitchX),
    down: countSamples(level.scaleX * pitchY),
  })
  const blackens = edge === 'black' && leavesImage(levels[0]!, transform, size)
  return getSampler().warp({ level, map }, { offsets, blackens }, size)
}

/** Where the samples of a pixel lie from its centre: x, y each, level pixels. */
function placeSamples(
  { ax, bx, cy, dy }: LevelMap,
  { across, down }: { readonly across: number; readonly down: number },
): Float64Array {
  const offsets = new Float64Array(2 * across * down)
  for (let sample = 0; sample < across * down; sample++) {
    const right = ((sample % across) + 0.5) / across - 0.5
    const below = (Math.floor(sample / across) + 0.5) / down - 0.5
    offsets[2 * sample] = ax * right + bx * below
    offsets[2 * sample + 1] = cy * right + dy * below
  }
  return offsets
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
