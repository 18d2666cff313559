import { FaceError } from './errors.ts'
import type { Point } from './types.ts'

/**
 * Similarity transform (rotation, uniform scale, shift), row-major 2 x 3: [a, -b, tx, b, a, ty].
 * x' = a x - b y + tx, y' = b x + a y + ty.
 */
export type SimilarityTransform = readonly [number, number, number, number, number, number]

/**
 * Five points of a frontal face in a crop of 112 pixels, order as `Landmarks5`.
 *
 * @source Deng et al. 2019, CVPR, ArcFace: the alignment of the authors' published code
 */
export const arcFacePoints: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
]

/** Points spread less than this, in units of `from`, have no direction to align by. */
const minSpread = 1e-6

/**
 * Estimates the similarity transform that maps `from` onto `to` (least squares, no reflection).
 *
 * In two dimensions the singular value decomposition of the general solution reduces to two sums:
 * the rotation and scale are the complex number that best turns one centred set into the other.
 *
 * @param from  n >= 2 points, usually image pixels, order as `Landmarks5`
 * @param to    n points, usually crop pixels
 * @returns `from` to `to`
 * @throws {FaceError} `degenerateLandmarks` when the points coincide, are not finite or map to a single point
 * @source Umeyama 1991, IEEE TPAMI 13(4), eqs. 38-43
 */
export function estimateSimilarity(
  from: readonly Point[],
  to: readonly Point[],
): SimilarityTransform {
  const centreFrom = centroid(from)
  const centreTo = centroid(to)
  let cosine = 0
  let sine = 0
  let spread = 0
  for (const [i, point] of from.entries()) {
    const target = to[i]
    if (target === undefined) throw new RangeError('as many target points as source points')
    const x = point.x - centreFrom.x
    const y = point.y - centreFrom.y
    const u = target.x - centreTo.x
    const v = target.y - centreTo.y
    cosine += x * u + y * v
    sine += x * v - y * u
    spread += x * x + y * y
  }
  const a = cosine / spread
  const b = sine / spread
  const usable = spread > minSpread * minSpread && Math.hypot(a, b) > 0 && Number.isFinite(a + b)
  if (!usable) throw new FaceError('degenerateLandmarks')
  return [
    a,
    -b,
    centreTo.x - a * centreFrom.x + b * centreFrom.y,
    b,
    a,
    centreTo.y - b * centreFrom.x - a * centreFrom.y,
  ]
}

/** The transform that undoes `transform`, whose scale must not be 0. */
export function invertSimilarity(transform: SimilarityTransform): SimilarityTransform {
  const [a, , tx, b, , ty] = transform
  const squaredScale = a * a + b * b
  const inverseA = a / squaredScale
  const inverseB = -b / squaredScale
  return [
    inverseA,
    -inverseB,
    -(inverseA * tx - inverseB * ty),
    inverseB,
    inverseA,
    -(inverseB * tx + inverseA * ty),
  ]
}

/** Where `transform` takes `point`. */
export function applySimilarity(transform: SimilarityTransform, point: Point): Point {
  return {
    x: transform[0] * point.x + transform[1] * point.y + transform[2],
    y: transform[3] * point.x + transform[4] * point.y + transform[5],
  }
}

function centroid(points: readonly Point[]): Point {
  let x = 0
  let y = 0
  for (const point of points) {
    x += point.x
    y += point.y
  }
  return { x: x / points.length, y: y / points.length }
}
