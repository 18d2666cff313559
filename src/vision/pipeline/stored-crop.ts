import { arcFacePoints } from '../../core/alignment.ts'
import { isFaceError } from '../../core/errors.ts'
import { clipBox } from '../../core/geometry.ts'
import type { Detection, FacePlace } from '../../core/types.ts'
import type { AnalyzedFace } from '../analyzer/analyzer-types.ts'
import { toAlignedTransform } from './face-frames.ts'
import type { RgbImage } from './image.ts'
import { computeShareOutside } from './pixels/warp.ts'

/** Side of the frame of {@link arcFacePoints}, pixels. */
const alignedSize = 112
/** A detection in a crop without a place takes up at least this share of the crop; its own face half. */
const leastShare = 0.1

type Size = Pick<RgbImage, 'width' | 'height'>

/**
 * Reads where the face of a stored crop is, see [Note: stored crops] in face-crop.ts. A database may have been changed by hand, so nothing
 * is taken for granted.
 *
 * @param crop  size, pixels
 * @returns the place as a detection, or `undefined` where it is no place of a face in the crop
 */
export function readPlace(crop: Size, place: FacePlace, confidence: number): Detection | undefined {
  return isPlace(place) && liesWithin(crop, place) ? { ...place, confidence } : undefined
}

function isPlace(place: Partial<FacePlace> | null): place is FacePlace {
  const { box, landmarks } = place ?? {}
  if (!box || !Array.isArray(landmarks) || landmarks.length !== 5) return false
  const points = landmarks.flatMap((point) => [point?.x, point?.y])
  const numbers = [box.x, box.y, box.width, box.height, ...points]
  return numbers.every(Number.isFinite) && box.width > 0 && box.height > 0
}

/** Whether the box shows a part of the crop, and the landmarks align to one. */
function liesWithin(crop: Size, { box, landmarks }: FacePlace): boolean {
  if (clipBox(box, crop.width, crop.height) === undefined) return false
  try {
    const aligned = toAlignedTransform(landmarks, arcFacePoints)
    return computeShareOutside(crop, aligned, alignedSize) < 1
  } catch (error) {
    if (isFaceError(error, 'degenerateLandmarks')) return false
    throw error
  }
}

/**
 * The face that a crop without a place was made of: it covers the middle of the crop, most of which
 * it takes up. A crop of earlier versions is the face's box and a margin of 20 % on every side.
 *
 * @param crop  size, pixels
 * @returns the face whose middle is nearest, or `undefined` where none fits
 */
export function chooseCropFace(
  crop: Size,
  faces: readonly AnalyzedFace[],
): AnalyzedFace | undefined {
  const middle = { x: crop.width / 2, y: crop.height / 2 }
  const distance = ({ detection: { box } }: AnalyzedFace): number =>
    Math.hypot(box.x + box.width / 2 - middle.x, box.y + box.height / 2 - middle.y)
  return faces
    .filter(({ detection: { box } }) => {
      const isLarge = box.width * box.height >= leastShare * crop.width * crop.height
      const covers =
        Math.abs(box.x + box.width / 2 - middle.x) <= box.width / 2 &&
        Math.abs(box.y + box.height / 2 - middle.y) <= box.height / 2
      return isLarge && covers
    })
    .sort((a, b) => distance(a) - distance(b))[0]
}
