import { arcFacePoints, estimateSimilarity, invertSimilarity } from '../../core/alignment.ts'
import { clipBox } from '../../core/geometry.ts'
import type { Box, Detection, Landmarks5, Point } from '../../core/types.ts'
import type { PyramidLevel } from './pixels/levels.ts'
import type { CropTransform } from './pixels/warp.ts'

/**
 * Maps a crop onto an image so that five landmarks lie at their reference points.
 *
 * @param landmarks        image pixels
 * @param referencePoints  crop pixels, order as `Landmarks5`
 * @throws {FaceError} `degenerateLandmarks` when the landmarks coincide or are not finite
 */
export function toAlignedTransform(
  landmarks: Landmarks5,
  referencePoints: readonly Point[],
): CropTransform {
  return invertSimilarity(estimateSimilarity(landmarks, referencePoints))
}

/**
 * The part of the box that is in the image fills the crop: edges meet edges, each axis has its own
 * scale. Position and size are rounded down to whole pixels, as programs do that cut boxes out of
 * arrays.
 */
export function toBoxTransform(
  box: Box,
  full: Pick<PyramidLevel, 'width' | 'height'>,
  size: number,
): CropTransform {
  const whole = {
    x: Math.trunc(box.x),
    y: Math.trunc(box.y),
    width: Math.trunc(box.width),
    height: Math.trunc(box.height),
  }
  // A detector's box that misses the image has nothing to show; its nearest edge is repeated.
  const part = clipBox(whole, full.width, full.height) ?? box
  const pitchX = part.width / size
  const pitchY = part.height / size
  // Edges of pixels to their centres: half a pixel on both sides.
  return [pitchX, 0, part.x + pitchX / 2 - 0.5, 0, pitchY, part.y + pitchY / 2 - 0.5]
}

/**
 * The box, turned about its centre by the direction of the landmarks, with the same margin on both
 * axes, fills the crop; each axis has its own scale. FaceNet was trained on such crops, not turned:
 * docs/decisions/0013-facenet-crops.md.
 *
 * @param margin  share of the box's mean side, the root of its area
 */
export function toTurnedBoxTransform(
  { box, landmarks }: Pick<Detection, 'box' | 'landmarks'>,
  margin: number,
  size: number,
): CropTransform {
  const [a, , , b] = toAlignedTransform(landmarks, arcFacePoints)
  const scale = Math.hypot(a, b)
  const cosine = a / scale
  const sine = b / scale
  const added = margin * Math.sqrt(box.width * box.height)
  const pitchX = (box.width + added) / size
  const pitchY = (box.height + added) / size
  // Both centres with the first pixel's centre at 0.
  const middle = (size - 1) / 2
  const x = box.x + box.width / 2 - 0.5
  const y = box.y + box.height / 2 - 0.5
  const [ax, bx] = [pitchX * cosine, -pitchY * sine]
  const [cy, dy] = [pitchX * sine, pitchY * cosine]
  return [ax, bx, x - middle * (ax + bx), cy, dy, y - middle * (cy + dy)]
}
