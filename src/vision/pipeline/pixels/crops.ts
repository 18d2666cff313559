import type { PyramidLevel } from './levels.ts'
import { pickLevel } from './levels.ts'
import type { CropJob } from './sampler.ts'
import { getSampler } from './sampler.ts'

/**
 * Levels are blurred by their own shrinking, so a crop is cut from one finer than it
 * needs. The factor was chosen by agreement with the reference detector;
 * docs/decisions/0003-crop-levels.md has the numbers.
 */
const oversampling = 1.5

/**
 * Cuts square crops with one bilinear sample a pixel, each from the level nearest its size.
 * What lies outside the image is black, as the networks of MTCNN were trained.
 *
 * @param boxes  flat [n x 4]: x1, y1, x2, y2, pixels of the full image
 * @param size   crop pixels
 * @returns [n x 3 x size x size] planar RGB, 0 to 255
 */
export function cutCrops(
  levels: readonly PyramidLevel[],
  boxes: Float32Array,
  size: number,
): Float32Array {
  const jobs: CropJob[] = []
  for (let at = 0; at < boxes.length; at += 4) {
    const x1 = boxes[at]!
    const y1 = boxes[at + 1]!
    const width = boxes[at + 2]! - x1
    const height = boxes[at + 3]! - y1
    const level = pickLevel(levels, (oversampling * size) / width)
    const ax = (width * level.scaleX) / size
    const dy = (height * level.scaleY) / size
    // Boxes count from the edge of the first pixel, levels from its centre.
    const startX = x1 * level.scaleX + ax / 2 - 0.5
    const startY = y1 * level.scaleY + dy / 2 - 0.5
    jobs.push({ level, map: { ax, bx: 0, startX, cy: 0, dy, startY } })
  }
  return getSampler().cut(jobs, size)
}
