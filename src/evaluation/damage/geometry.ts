import type { Box, Point } from '../../core/types.ts'
import type { RgbImage } from '../../vision/pipeline/image.ts'
import {
  type ApplyDamage,
  boxCentre,
  createImage,
  type FacePlace,
  keepPlace,
  movePixels,
  resizeImage,
} from './picture.ts'

/** The picture shrunk so that the face's shorter side has `pixels`. */
export function shrinkTo(pixels: number): ApplyDamage {
  return (image, { box }) => {
    const scale = Math.min(1, pixels / Math.max(1, Math.min(box.width, box.height)))
    return scaleBy(image, box, [scale, scale])
  }
}

/** Shrunk so that the face's shorter side has `pixels`, and enlarged again. */
export function shrinkAndEnlarge(pixels: number): ApplyDamage {
  const shrink = shrinkTo(pixels)
  return (image, face, random) => {
    const small = shrink(image, face, random)
    return { image: resizeImage(small.image, image.width, image.height), box: face.box }
  }
}

/** Another ratio of the sides: width and height times a factor. */
export function stretch(factors: readonly [x: number, y: number]): ApplyDamage {
  return (image, { box }) => scaleBy(image, box, factors)
}

function scaleBy(image: RgbImage, box: Box, [x, y]: readonly [number, number]) {
  const width = Math.max(1, Math.round(image.width * x))
  const height = Math.max(1, Math.round(image.height * y))
  const moved = mapBox(box, (point) => ({
    x: (point.x * width) / image.width,
    y: (point.y * height) / image.height,
  }))
  return { image: resizeImage(image, width, height), box: moved }
}

/** The whole picture turned clockwise by 90, 180 or 270 degrees, no pixel changed. */
export function turn(degrees: 90 | 180 | 270): ApplyDamage {
  return (image, { box }) => {
    const { data, width, height } = image
    const onSide = degrees !== 180
    const result = createImage(onSide ? height : width, onSide ? width : height)
    const move = ({ x, y }: Point, w: number, h: number): Point => {
      if (degrees === 180) return { x: w - x, y: h - y }
      return degrees === 90 ? { x: h - y, y: x } : { x: y, y: w - x }
    }
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const to = move({ x, y }, width - 1, height - 1)
        const from = 3 * (y * width + x)
        const at = 3 * (to.y * result.width + to.x)
        for (let c = 0; c < 3; c++) result.data[at + c] = data[from + c]!
      }
    }
    return { image: result, box: mapBox(box, (point) => move(point, width, height)) }
  }
}

/** Turned clockwise about the face's centre; the picture keeps its size. */
export function tilt(degrees: number): ApplyDamage {
  return keepPlace((image, { box }) => {
    const centre = boxCentre(box)
    const cos = Math.cos((degrees * Math.PI) / 180)
    const sin = Math.sin((degrees * Math.PI) / 180)
    return movePixels(image, image, (out, x, y) => {
      const dx = x - centre.x
      const dy = y - centre.y
      out[0] = centre.x + cos * dx + sin * dy
      out[1] = centre.y - sin * dx + cos * dy
    })
  })
}

/** Left and right changed. */
export function flip(): ApplyDamage {
  return (image, { box }) => ({
    image: movePixels(image, image, (out, x, y) => {
      out[0] = image.width - 1 - x
      out[1] = y
    }),
    box: { ...box, x: image.width - box.x - box.width },
  })
}

/** The picture ends where `share` of the face's height (top, bottom) or width (left, right) is missing. */
export function cutOff(share: number, side: 'top' | 'bottom' | 'left' | 'right'): ApplyDamage {
  return (image, { box }) => {
    let [left, top, right, bottom] = [0, 0, image.width, image.height]
    if (side === 'top') top = box.y + share * box.height
    if (side === 'bottom') bottom = box.y + (1 - share) * box.height
    if (side === 'left') left = box.x + share * box.width
    if (side === 'right') right = box.x + (1 - share) * box.width
    return crop(image, box, [left, top, right, bottom])
  }
}

/** Cuts the image down to `edges` (left, top, right, bottom); at least one pixel stays. */
function crop(image: RgbImage, box: Box, edges: readonly [number, number, number, number]) {
  const left = Math.min(image.width - 1, Math.max(0, Math.round(edges[0])))
  const top = Math.min(image.height - 1, Math.max(0, Math.round(edges[1])))
  const right = Math.min(image.width, Math.max(left + 1, Math.round(edges[2])))
  const bottom = Math.min(image.height, Math.max(top + 1, Math.round(edges[3])))
  const result = createImage(right - left, bottom - top)
  for (let y = top; y < bottom; y++) {
    const from = 3 * (y * image.width + left)
    result.data.set(
      image.data.subarray(from, from + 3 * result.width),
      3 * (y - top) * result.width,
    )
  }
  return { image: result, box: { ...box, x: box.x - left, y: box.y - top } }
}

/** One half of the face mirrored onto the other, about the line from between the eyes to the mouth. */
export function mirrorHalf(kept: 'left' | 'right'): ApplyDamage {
  return keepPlace((image, face) => {
    const { eyes, mouth } = middleLine(face)
    const length = Math.max(1e-6, Math.hypot(mouth.x - eyes.x, mouth.y - eyes.y))
    // Unit normal of the line, towards image right for an upright face.
    const normalX = (mouth.y - eyes.y) / length
    const normalY = -(mouth.x - eyes.x) / length
    return movePixels(image, image, (out, x, y) => {
      const distance = (x - eyes.x) * normalX + (y - eyes.y) * normalY
      const beyond = kept === 'left' ? distance > 0 : distance < 0
      out[0] = beyond ? x - 2 * distance * normalX : x
      out[1] = beyond ? y - 2 * distance * normalY : y
    })
  })
}

/** The middles of the eyes and of the mouth. */
export function middleLine({ landmarks }: FacePlace): {
  readonly eyes: Point
  readonly mouth: Point
} {
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
  return {
    eyes: middle(landmarks[0], landmarks[1]),
    mouth: middle(landmarks[3], landmarks[4]),
  }
}

/** Turned the more the nearer to the middle of the face, by `degrees` at most. */
export function swirl(degrees: number): ApplyDamage {
  return keepPlace((image, { box }) => {
    const centre = boxCentre(box)
    const radius = Math.max(1, 0.7 * Math.max(box.width, box.height))
    return movePixels(image, image, (out, x, y) => {
      const dx = x - centre.x
      const dy = y - centre.y
      const near = Math.max(0, 1 - Math.hypot(dx, dy) / radius)
      const angle = ((degrees * Math.PI) / 180) * near * near
      out[0] = centre.x + Math.cos(angle) * dx - Math.sin(angle) * dy
      out[1] = centre.y + Math.sin(angle) * dx + Math.cos(angle) * dy
    })
  })
}

/** The middle of the face enlarged (power above 1) or shrunk (below), as by a peephole's lens. */
export function bulge(power: number): ApplyDamage {
  return keepPlace((image, { box }) => {
    const centre = boxCentre(box)
    const radius = Math.max(1, 0.75 * Math.max(box.width, box.height))
    return movePixels(image, image, (out, x, y) => {
      const dx = x - centre.x
      const dy = y - centre.y
      const distance = Math.hypot(dx, dy) / radius
      const factor = distance > 0 && distance < 1 ? distance ** (power - 1) : 1
      out[0] = centre.x + factor * dx
      out[1] = centre.y + factor * dy
    })
  })
}

/** Rows moved by a wave; `height` in widths of the face. */
export function wave(height: number): ApplyDamage {
  return keepPlace((image, { box }, random) => {
    const phase = 2 * Math.PI * random()
    return movePixels(image, image, (out, x, y) => {
      out[0] = x + height * box.width * Math.sin((2 * Math.PI * y) / (0.4 * box.height) + phase)
      out[1] = y
    })
  })
}

/** Rows moved further the lower they are, as a moving camera with a rolling shutter moves them. */
export function shear(slope: number): ApplyDamage {
  return keepPlace((image, { box }) => {
    const centre = boxCentre(box)
    return movePixels(image, image, (out, x, y) => {
      out[0] = x + slope * (y - centre.y)
      out[1] = y
    })
  })
}

/** The smallest upright box around a moved box. */
function mapBox(box: Box, move: (point: Point) => Point): Box {
  const corners = [
    move({ x: box.x, y: box.y }),
    move({ x: box.x + box.width, y: box.y + box.height }),
  ] as const
  const x = Math.min(corners[0].x, corners[1].x)
  const y = Math.min(corners[0].y, corners[1].y)
  return {
    ...{ x, y },
    width: Math.max(corners[0].x, corners[1].x) - x,
    height: Math.max(corners[0].y, corners[1].y) - y,
  }
}
