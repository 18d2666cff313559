import { arcFacePoints } from '../../core/alignment.ts'
import { clipBox } from '../../core/geometry.ts'
import type { Box, Detection, FaceCrop, FacePlace, Landmarks5, Point } from '../../core/types.ts'
import { toAlignedTransform, toTurnedBoxTransform } from './face-frames.ts'
import { encodeJpeg, type RgbImage } from './image.ts'
import type { CropTransform } from './pixels/warp.ts'

// [Note: stored crops]
// A stored crop holds every pixel that any model's crop reads of its face, so that a collection can
// be moved to another model without its photographs. It is an upright part of the photograph, with
// the place of the face in it: nothing is detected again, and the same warp reads the same pixels.
// docs/decisions/0022-crops-for-another-model.md has the measurements.

/** Side of the frame of {@link arcFacePoints}, pixels. */
const alignedSize = 112
/**
 * What the region has around that frame, pixels of it: as far as the widest crop by landmarks, that
 * of `facenet-128`, reaches (6.2 at the sides, 12.1 at the bottom; `dlib-resnet` 11.3 there), and a bit.
 */
const alignedMargin = { top: 1, side: 7, bottom: 13 } as const
/** The same margin of the turned box as the crop of `facenet` has. */
const boxMargin = 0.3
/** Pixels around the frames that interpolation reads. */
const readBeyond = 2

/**
 * Most pixels of a stored crop that a pixel of the aligned crop covers, on an axis. Larger faces
 * are shrunk to it.
 */
const storedPitch = 2
/** Longest side of a stored crop, pixels; a face whose landmarks and box agree stays below. */
const maxSide = 640
/**
 * Quality of the JPEG file by how many pixels of the image a pixel of the aligned crop covers, on an
 * axis. The smaller a face, the more of its embedding an error changes and the fewer bytes a better
 * quality takes.
 */
const qualities = [
  /** Up to a box of about 65 pixels. */
  { belowPitch: 0.65, quality: 100 },
  /** Up to a box of about 150 pixels. */
  { belowPitch: 1.5, quality: 97 },
  { belowPitch: Number.POSITIVE_INFINITY, quality: 95 },
] as const

/** How a crop is cut. */
export interface CropPlan {
  /** Whole pixels of the image. */
  readonly region: Box
  /** Size of the crop, pixels: the region's, or smaller. */
  readonly width: number
  readonly height: number
  /** Of the JPEG file, 1 to 100. */
  readonly quality: number
  /** Where the face is in the crop. */
  readonly place: FacePlace
}

/**
 * Cuts the crop of a face that is stored with it.
 *
 * @param detection  pixels of `image`
 * @returns `undefined` when the face lies outside of the image
 * @throws {FaceError} `degenerateLandmarks` when the landmarks coincide
 */
export async function cutFaceCrop(
  image: RgbImage,
  detection: Pick<Detection, 'box' | 'landmarks'>,
): Promise<FaceCrop | undefined> {
  const plan = planFaceCrop(image, detection)
  if (plan === undefined) return undefined
  const { place, ...cut } = plan
  return { bytes: await encodeJpeg(image, cut), place }
}

/**
 * Decides which part of an image is stored for a face, and how small.
 *
 * @param image   size, pixels
 * @param pitch   see `storedPitch`, its default
 * @returns as {@link cutFaceCrop}
 */
export function planFaceCrop(
  image: Pick<RgbImage, 'width' | 'height'>,
  { box, landmarks }: Pick<Detection, 'box' | 'landmarks'>,
  pitch: number = storedPitch,
): CropPlan | undefined {
  const aligned = toAlignedTransform(landmarks, arcFacePoints)
  const turned = toTurnedBoxTransform({ box, landmarks }, boxMargin, 1)
  const corners = [
    ...cornersOf(aligned, {
      x: -alignedMargin.side,
      y: -alignedMargin.top,
      width: alignedSize + 2 * alignedMargin.side,
      height: alignedSize + alignedMargin.top + alignedMargin.bottom,
    }),
    ...cornersOf(turned, { x: 0, y: 0, width: 1, height: 1 }),
    { x: box.x, y: box.y },
    { x: box.x + box.width, y: box.y + box.height },
  ]
  const region = clipBox(coverAll(corners), image.width, image.height)
  if (region === undefined) return undefined
  const [a, , , b] = aligned
  const ownPitch = Math.hypot(a, b)
  const longest = Math.max(region.width, region.height)
  const scale = Math.min(1, pitch / ownPitch, maxSide / longest)
  const width = Math.max(1, Math.round(scale * region.width))
  const height = Math.max(1, Math.round(scale * region.height))
  const toCrop = { x: width / region.width, y: height / region.height }
  const place = {
    box: {
      x: (box.x - region.x) * toCrop.x,
      y: (box.y - region.y) * toCrop.y,
      width: box.width * toCrop.x,
      height: box.height * toCrop.y,
    },
    // A warp takes the middle of the first pixel for the origin of landmarks, and has to read from
    // the crop what it read from the image.
    landmarks: landmarks.map(({ x, y }) => ({
      x: (x - region.x + 0.5) * toCrop.x - 0.5,
      y: (y - region.y + 0.5) * toCrop.y - 0.5,
    })) as unknown as Landmarks5,
  }
  const { quality } = qualities.find(({ belowPitch }) => ownPitch < belowPitch)!
  return { region, width, height, quality, place }
}

/**
 * Corners of a part of a transform's crop.
 *
 * @param part  crop pixels from the outer edge
 * @returns image pixels from the outer edge
 */
function cornersOf([a, b, tx, c, d, ty]: CropTransform, part: Box): Point[] {
  // Transforms count from the middle of the first pixel.
  const columns = [part.x - 0.5, part.x + part.width - 0.5]
  const rows = [part.y - 0.5, part.y + part.height - 0.5]
  return columns.flatMap((i) =>
    rows.map((j) => ({ x: a * i + b * j + tx + 0.5, y: c * i + d * j + ty + 0.5 })),
  )
}

/** The box around points and what is read beside them. */
function coverAll(points: readonly Point[]): Box {
  const xs = points.map(({ x }) => x)
  const ys = points.map(({ y }) => y)
  const x = Math.min(...xs) - readBeyond
  const y = Math.min(...ys) - readBeyond
  return {
    ...{ x, y },
    width: Math.max(...xs) + readBeyond - x,
    height: Math.max(...ys) + readBeyond - y,
  }
}
