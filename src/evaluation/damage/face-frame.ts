import type { Point } from '../../core/types.ts'
import type { RgbImage } from '../../vision/pipeline/image.ts'
import { middleLine } from './geometry.ts'
import { type Colour, createImage, type FacePlace, readPixel, toByte } from './picture.ts'

/**
 * A frame that goes with a face: (0, 0) between the eyes, u along them, v down to the mouth. In a
 * frontal face the eyes lie at u = -0.5 and 0.5, the mouth at v = 1.1, the chin at v = 1.95.
 */
export interface FaceFrame {
  /** Half the distance of the eyes in this frame; less than 0.5 where the head is turned away. */
  readonly eyeU: number
  toFace(x: number, y: number): Point
  toImage(u: number, v: number): Point
}

const mouthV = 1.1

/** @param face  also one whose landmarks coincide: the frame then follows the box */
export function createFaceFrame(face: FacePlace): FaceFrame {
  const { eyes, mouth } = middleLine(face)
  const [left, right] = face.landmarks
  const across = { x: right.x - left.x, y: right.y - left.y }
  const down = { x: (mouth.x - eyes.x) / mouthV, y: (mouth.y - eyes.y) / mouthV }
  const eyeDistance = Math.hypot(across.x, across.y)
  const unit = Math.max(eyeDistance, 0.9 * Math.hypot(down.x, down.y))
  const area = Math.abs(across.x * down.y - across.y * down.x)
  if (!(area > 0.05 * unit * unit) || unit < 1e-3) return createBoxFrame(face)
  const axisU = { x: (across.x / eyeDistance) * unit, y: (across.y / eyeDistance) * unit }
  return createFrame(eyes, [axisU, down], eyeDistance / unit / 2)
}

function createBoxFrame({ box }: FacePlace): FaceFrame {
  const unit = Math.max(1, box.width) / 2.2
  const eyes = { x: box.x + box.width / 2, y: box.y + 0.4 * box.height }
  return createFrame(
    eyes,
    [
      { x: unit, y: 0 },
      { x: 0, y: unit },
    ],
    0.5,
  )
}

function createFrame(origin: Point, [u, v]: readonly [Point, Point], eyeU: number): FaceFrame {
  const determinant = u.x * v.y - u.y * v.x
  return {
    eyeU,
    toFace(x, y) {
      const dx = x - origin.x
      const dy = y - origin.y
      return {
        x: (dx * v.y - dy * v.x) / determinant,
        y: (dy * u.x - dx * u.y) / determinant,
      }
    },
    toImage: (a, b) => ({ x: origin.x + a * u.x + b * v.x, y: origin.y + a * u.y + b * v.y }),
  }
}

/** Whether a point (u, v) of the face's frame is covered. */
export type Region = (u: number, v: number) => boolean
/** The covering's colour at a point (u, v), set in `out`. */
export type Paint = (out: Colour, u: number, v: number) => void

/** Covers a region of the face; edges are smooth (2 x 2 samples a pixel). */
export function cover(
  image: RgbImage,
  frame: FaceFrame,
  { region, paint }: { readonly region: Region; readonly paint: Paint },
): RgbImage {
  const { width, height } = image
  const result = createImage(width, height)
  result.data.set(image.data)
  const colour: Colour = [0, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let covered = 0
      for (const dy of [-0.25, 0.25]) {
        for (const dx of [-0.25, 0.25]) {
          const point = frame.toFace(x + dx, y + dy)
          if (region(point.x, point.y)) covered += 0.25
        }
      }
      if (covered === 0) continue
      const { x: u, y: v } = frame.toFace(x, y)
      paint(colour, u, v)
      const at = 3 * (y * width + x)
      for (let c = 0; c < 3; c++) {
        result.data[at + c] = toByte(image.data[at + c]! * (1 - covered) + colour[c]! * covered)
      }
    }
  }
  return result
}

/** One colour everywhere. */
export function flat(colour: Readonly<Colour>): Paint {
  return (out) => {
    for (let c = 0; c < 3; c++) out[c] = colour[c]!
  }
}

/** The mean colour of the cheeks and the nose. */
export function skinOf(image: RgbImage, frame: FaceFrame): Colour {
  const sum: Colour = [0, 0, 0]
  const colour: Colour = [0, 0, 0]
  const places = [
    [-0.4, 0.6],
    [0.4, 0.6],
    [0, 0.4],
    [-0.3, 0.5],
    [0.3, 0.5],
  ] as const
  for (const [u, v] of places) {
    const { x, y } = frame.toImage(u, v)
    readPixel(image, [x, y], colour)
    for (let c = 0; c < 3; c++) sum[c] = sum[c]! + colour[c]! / places.length
  }
  return sum
}

export function isInEllipse(
  [u, v]: readonly [number, number],
  [centreU, centreV]: readonly [number, number],
  [radiusU, radiusV]: readonly [number, number],
): boolean {
  return ((u - centreU) / radiusU) ** 2 + ((v - centreV) / radiusV) ** 2 <= 1
}

/** Even-odd rule; `corners` flat: u, v, u, v ... */
export function isInPolygon(u: number, v: number, corners: readonly number[]): boolean {
  let inside = false
  const count = corners.length / 2
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const [u1, v1] = [corners[2 * i]!, corners[2 * i + 1]!]
    const [u2, v2] = [corners[2 * j]!, corners[2 * j + 1]!]
    if (v1 > v !== v2 > v && u < ((u2 - u1) * (v - v1)) / (v2 - v1) + u1) inside = !inside
  }
  return inside
}
