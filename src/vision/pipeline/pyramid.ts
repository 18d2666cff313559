import type { FloatTensor } from '../runtime.ts'
import type { RgbImage } from './image.ts'
import { shrinkImage } from './image.ts'
import type { PyramidLevel } from './pixels/levels.ts'

/** A level of bytes as the image library makes them: interleaved. */
export function toByteLevel(image: RgbImage, full: RgbImage): PyramidLevel {
  return {
    data: image.data,
    width: image.width,
    height: image.height,
    scaleX: image.width / full.width,
    scaleY: image.height / full.height,
  }
}

/** A level of floats as the graphs make them: [1 x 3 x height x width], 0 to 255. */
export function toFloatLevel({ data, dims }: FloatTensor, full: RgbImage): PyramidLevel {
  const height = dims[2]!
  const width = dims[3]!
  return {
    data,
    width,
    height,
    scaleX: width / full.width,
    scaleY: height / full.height,
  }
}

/**
 * The images at the given scales, each made from the one before, starting with the full image.
 *
 * @param scales  descending, at most 1
 * @returns the full image and one image a scale
 */
export async function shrinkInSteps(
  full: RgbImage,
  scales: readonly number[],
): Promise<readonly [RgbImage, ...RgbImage[]]> {
  const images: [RgbImage, ...RgbImage[]] = [full]
  let last = full
  for (const scale of scales) {
    const { width, height } = sizeAt(full, scale)
    const isSame = width === last.width && height === last.height
    last = isSame ? last : await shrinkImage(last, width, height)
    images.push(last)
  }
  return images
}

/** Computes the size of a level, whole pixels. */
export function sizeAt(
  full: Pick<RgbImage, 'width' | 'height'>,
  scale: number,
): { readonly width: number; readonly height: number } {
  return { width: Math.ceil(full.width * scale), height: Math.ceil(full.height * scale) }
}
