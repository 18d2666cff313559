import { describe, expect, it } from 'vitest'
import { arcFacePoints } from '../../core/alignment.ts'
import type { Box, Detection, Landmarks5, Point } from '../../core/types.ts'
import { createRandom } from '../../platform/random.ts'
import type { Embedder } from './embedders/embedder.ts'
import { type CropPlan, planFaceCrop } from './face-crop.ts'
import { toAlignedTransform } from './face-frames.ts'
import { measureFaces } from './faces.ts'
import type { RgbImage } from './image.ts'
import { toByteLevel } from './pyramid.ts'

/** Every pixel differs from its neighbours, so a crop that is a little off has other values. */
function makeNoise(width: number, height: number): RgbImage {
  const random = createRandom(1)
  const data = Uint8Array.from({ length: 3 * width * height }, () => Math.floor(256 * random()))
  return { data, width, height }
}

const image = makeNoise(320, 280)
/** Points of the dlib model's crop of 150 pixels. */
const dlibPoints: readonly Point[] = [
  { x: 47.549, y: 46.599 },
  { x: 100.476, y: 46.599 },
  { x: 74.0127, y: 76.5625 },
  { x: 50.4149, y: 103.0233 },
  { x: 97.6104, y: 103.0233 },
]
/** Those of `facenet-128`, the widest crop by landmarks. */
const widePoints: readonly Point[] = [
  { x: 57.2359, y: 66.4667 },
  { x: 102.5409, y: 66.2161 },
  { x: 80.0324, y: 92.2328 },
  { x: 61.4205, y: 118.7556 },
  { x: 98.9384, y: 118.5481 },
]

type Frame = Pick<Embedder, 'sizePx' | 'referencePoints' | 'turnedBoxMargin'>

/** Every way in which a built-in model's crop is cut. */
const frames: Readonly<Record<string, Frame>> = {
  'of 112 pixels': { sizePx: 112, referencePoints: arcFacePoints },
  'of dlib': { sizePx: 150, referencePoints: dlibPoints },
  'of facenet-128': { sizePx: 160, referencePoints: widePoints },
  'of facenet': { sizePx: 160, referencePoints: undefined, turnedBoxMargin: 0.3 },
  'of facenet-seed': { sizePx: 160, referencePoints: undefined },
}

interface FaceOptions {
  readonly middle: Point
  /** Pixels of the image a pixel of the aligned crop. */
  readonly pitch?: number
  /** Clockwise. */
  readonly degrees?: number
  /** Size of the box, 1: as MTCNN draws it. */
  readonly boxScale?: number
}

function makeFace({ middle, pitch = 0.8, degrees = 0, boxScale = 1 }: FaceOptions): Detection {
  const cosine = pitch * Math.cos((degrees * Math.PI) / 180)
  const sine = pitch * Math.sin((degrees * Math.PI) / 180)
  const landmarks = arcFacePoints.map(({ x, y }) => ({
    x: middle.x + cosine * (x - 56) - sine * (y - 72),
    y: middle.y + sine * (x - 56) + cosine * (y - 72),
  })) as unknown as Landmarks5
  // As MTCNN draws boxes: from the forehead to the chin.
  const size = pitch * boxScale
  const box = { x: middle.x - 42 * size, y: middle.y - 57 * size }
  return { box: { ...box, width: 84 * size, height: 108 * size }, landmarks, confidence: 1 }
}

/** A model's crop of a face, and how much of the aligned face is outside of the picture. */
async function cut(
  picture: RgbImage,
  detection: Detection,
  frame: Frame,
): Promise<{ readonly crop: Float32Array; readonly outside: number }> {
  const given: Float32Array[] = []
  const embedder: Embedder = {
    ...{ dimension: 1, batch: 1, ...frame },
    embed: async (crops) => {
      given.push(...crops)
      return [{ embedding: Float32Array.of(1) }]
    },
  }
  const { faces } = await measureFaces([toByteLevel(picture, picture)], [detection], embedder)
  return { crop: given[0]!, outside: faces[0]!.outside }
}

/** The crop that is stored, without the loss of its file. */
function extract({ data, width }: RgbImage, { region }: CropPlan): RgbImage {
  const rows = Array.from({ length: region.height }, (_, row) => {
    const from = 3 * ((region.y + row) * width + region.x)
    return data.subarray(from, from + 3 * region.width)
  })
  return { data: Buffer.concat(rows), width: region.width, height: region.height }
}

const poses: Readonly<Record<string, FaceOptions>> = {
  upright: { middle: { x: 150.3, y: 140.6 } },
  tilted: { middle: { x: 150.3, y: 140.6 }, degrees: 38 },
  'on its side': { middle: { x: 150.3, y: 140.6 }, degrees: -90 },
  'cut by the left edge': { middle: { x: 21.7, y: 140.2 } },
  'tilted in a corner': { middle: { x: 300.4, y: 262.9 }, degrees: 25 },
  'in a narrow box': { middle: { x: 150.3, y: 140.6 }, degrees: 10, boxScale: 0.5 },
  small: { middle: { x: 150.3, y: 140.6 }, pitch: 0.27 },
}

describe('the stored crop of a face that is', () => {
  it.each(Object.keys(poses))('%s has all pixels that any model reads', async (pose) => {
    const detection = makeFace(poses[pose]!)
    const plan = planFaceCrop(image, detection)!
    expect([plan.width, plan.height]).toEqual([plan.region.width, plan.region.height])
    const stored = extract(image, plan)
    for (const [name, frame] of Object.entries(frames)) {
      const expected = await cut(image, detection, frame)
      const actual = await cut(stored, { ...plan.place, confidence: 1 }, frame)
      const largest = expected.crop.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - actual.crop[i]!)),
        0,
      )
      // Observed 1.5e-5, bound 1e-3: coordinates are smaller, so they are rounded otherwise.
      expect(largest, name).toBeLessThan(1e-3)
      expect(actual.outside, name).toBeCloseTo(expected.outside, 6)
    }
  })
})

describe('planFaceCrop', () => {
  it('shrinks a large face to two pixels a pixel of the aligned crop, in proportion', () => {
    const huge = { width: 4000, height: 3000 }
    const detection = makeFace({ middle: { x: 2000.5, y: 1500.5 }, pitch: 8 })
    const { region, width, height, place } = planFaceCrop(huge, detection)!
    expect(region.width / width).toBeCloseTo(4, 1)
    expect(region.height / height).toBeCloseTo(4, 1)
    const eyes = (points: Landmarks5): number => points[1].x - points[0].x
    expect(eyes(place.landmarks)).toBeCloseTo(eyes(detection.landmarks) / 4, 0)
    expect(place.box.width).toBeCloseTo(detection.box.width / 4, 0)
    // The middle of the aligned crop shows the same spot; transforms count from the first pixel's middle.
    const [full, small] = [detection, place].map((face) => {
      const [a, b, tx, c, d, ty] = toAlignedTransform(face.landmarks, arcFacePoints)
      return { x: 56 * (a + b) + tx + 0.5, y: 56 * (c + d) + ty + 0.5 }
    })
    expect(small!.x).toBeCloseTo(((full!.x - region.x) * width) / region.width, 1)
    expect(small!.y).toBeCloseTo(((full!.y - region.y) * height) / region.height, 1)
  })

  it('bounds a crop whose box is much larger than its landmarks say', () => {
    const { landmarks } = makeFace({ middle: { x: 2000, y: 1500 }, pitch: 0.3 })
    const box: Box = { x: 100, y: 100, width: 3800, height: 2800 }
    const { width, height } = planFaceCrop({ width: 4000, height: 3000 }, { box, landmarks })!
    expect(Math.max(width, height)).toBe(640)
  })

  it('takes a better quality for a smaller face', () => {
    const qualities = [0.3, 1, 3].map(
      (pitch) => planFaceCrop(image, makeFace({ middle: { x: 150, y: 140 }, pitch }))!.quality,
    )
    expect(qualities).toEqual([100, 97, 95])
  })

  it('has nothing for a face beyond the image', () => {
    expect(planFaceCrop(image, makeFace({ middle: { x: -400, y: 140 } }))).toBeUndefined()
  })
})
