/** One level of an image's pyramid. Channels are R, G, B, 0 to 255. */
export type PyramidLevel = ByteLevel | FloatLevel

/** Interleaved rows, as decoded: [height x width x 3]. */
export interface ByteLevel extends LevelSize {
  readonly data: Uint8Array
}

/** Planes, as the graphs make them: [3 x height x width]. */
export interface FloatLevel extends LevelSize {
  readonly data: Float32Array
}

interface LevelSize {
  readonly width: number
  readonly height: number
  /** Level pixels a pixel of the full image, at most 1. */
  readonly scaleX: number
  readonly scaleY: number
}

export function isByteLevel(level: PyramidLevel): level is ByteLevel {
  return level.data instanceof Uint8Array
}

/**
 * A crop may be cut from a level whose pixels are this much coarser than the crop's. At 1 small
 * faces need another level; much below it, one face in 22 was lost and another moved.
 */
const coarsestPitch = 0.85

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
