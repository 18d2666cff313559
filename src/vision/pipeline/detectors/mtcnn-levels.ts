/** P-Net sees windows of 12 pixels, 2 apart. */
export const cell = 12
export const stride = 2
/** Ratio of one pyramid level to the one above: about the square root of a half. */
const pyramidFactor = 0.709
/**
 * Levels above P-Net's first are made below this scale; the full image serves above. The first of
 * them is made up to `finestFirstLevel`: without it a face of 23 was lost where small faces are
 * looked for. docs/decisions/0006-faster-graphs.md.
 */
const finestExtraLevel = 0.5
const finestFirstLevel = 0.85
/**
 * Larger levels of P-Net are bytes, made by the image library, a quarter of the floats of the graph,
 * which take 24 bytes a pixel besides those of their source. It is the first level of 27 megapixels at the
 * default smallest face: up to there the graph makes them all.
 */
const maxFloatLevelPixels = 2_500_000

export interface PyramidPlan {
  /** Scales of levels that only serve crops. All scales are descending; these are below 1. */
  readonly extra: readonly number[]
  /** Scales at which P-Net looks at levels of bytes; the first may be 1, the image itself. */
  readonly byteWindows: readonly number[]
  /** Scales at which it looks at levels of floats. */
  readonly floatWindows: readonly number[]
}

/** The levels of MTCNN's pyramid, finest first: `extra`, then `byteWindows`, then `floatWindows`. */
export function planPyramid(
  { width, height }: { readonly width: number; readonly height: number },
  minFaceSize: number,
): PyramidPlan {
  const byteWindows: number[] = []
  const floatWindows: number[] = []
  const first = cell / minFaceSize
  for (let scale = first; Math.min(width, height) * scale >= cell; scale *= pyramidFactor) {
    const isLarge = width * height * scale ** 2 > maxFloatLevelPixels
    ;(isLarge ? byteWindows : floatWindows).push(scale)
  }
  const extra: number[] = []
  let scale = first / pyramidFactor
  while (scale < (extra.length === 0 ? finestFirstLevel : finestExtraLevel)) {
    extra.unshift(scale)
    scale /= pyramidFactor
  }
  return { extra, byteWindows, floatWindows }
}
