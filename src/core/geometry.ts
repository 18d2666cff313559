import type { Box, Point } from './types.ts'

/** Area of a box; 0 when a side is not positive. Unit: square pixels. */
export function boxArea(box: Box): number {
  return Math.max(0, box.width) * Math.max(0, box.height)
}

/** Area shared by two boxes of the same frame, square pixels. */
export function intersectionArea(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return width > 0 && height > 0 ? width * height : 0
}

/** Intersection over union of two boxes of the same frame, 0 to 1; 0 for empty boxes. */
export function intersectionOverUnion(a: Box, b: Box): number {
  const intersection = intersectionArea(a, b)
  return intersection === 0 ? 0 : intersection / (boxArea(a) + boxArea(b) - intersection)
}

/**
 * Grows a box on every side.
 *
 * @param margin  fraction of the side's length added at each end; 0.2 makes a box 1.4 times as wide
 */
export function expandBox(box: Box, margin: number): Box {
  return {
    x: box.x - box.width * margin,
    y: box.y - box.height * margin,
    width: box.width * (1 + 2 * margin),
    height: box.height * (1 + 2 * margin),
  }
}

/**
 * The whole pixels of an image that a box covers.
 *
 * @param width   of the image, pixels
 * @param height  of the image, pixels
 * @returns integer coordinates inside the image, or `undefined` when the box lies outside
 */
export function clipBox(box: Box, width: number, height: number): Box | undefined {
  const left = Math.max(0, Math.floor(box.x))
  const top = Math.max(0, Math.floor(box.y))
  const right = Math.min(width, Math.ceil(box.x + box.width))
  const bottom = Math.min(height, Math.ceil(box.y + box.height))
  if (right <= left || bottom <= top) return undefined
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/** An image, pixels, and the degrees clockwise by which a copy of it was turned. */
export interface TurnedImage {
  readonly width: number
  readonly height: number
  readonly turned: 0 | 90 | 180 | 270
}

/** Where a point of the turned copy lies in the image; edges of the first pixels at 0. */
export function turnPointBack({ x, y }: Point, { width, height, turned }: TurnedImage): Point {
  switch (turned) {
    case 0:
      return { x, y }
    case 90:
      return { x: y, y: height - x }
    case 180:
      return { x: width - x, y: height - y }
    case 270:
      return { x: width - y, y: x }
  }
}

/** The box in the image that covers a box of the turned copy. */
export function turnBoxBack(box: Box, image: TurnedImage): Box {
  const from = turnPointBack(box, image)
  const to = turnPointBack({ x: box.x + box.width, y: box.y + box.height }, image)
  return {
    x: Math.min(from.x, to.x),
    y: Math.min(from.y, to.y),
    width: Math.abs(to.x - from.x),
    height: Math.abs(to.y - from.y),
  }
}

export interface SuppressionOptions {
  /** Boxes that overlap a better one by more than this are dropped, 0 to 1. */
  readonly threshold: number
  /** The divisor of the intersection: the union, or the smaller of both areas. */
  readonly measure: 'union' | 'minimum'
}

/**
 * Greedy non-maximum suppression.
 *
 * @param boxes   flat [n x 4]: x1, y1, x2, y2 in one frame
 * @param confidences  [n]
 * @returns indices of the boxes kept, by descending confidence; equal confidences keep their order
 * @source Neubeck and Van Gool 2006, ICPR, "Efficient Non-Maximum Suppression", the greedy baseline
 */
export function suppressOverlaps(
  boxes: Float32Array,
  confidences: Float32Array,
  options: SuppressionOptions,
): Uint32Array {
  const count = confidences.length
  const order = new Uint32Array(count)
  const areas = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    order[i] = i
    const at = 4 * i
    areas[i] = (boxes[at + 2]! - boxes[at]!) * (boxes[at + 3]! - boxes[at + 1]!)
  }
  order.sort((a, b) => confidences[b]! - confidences[a]! || a - b)
  const kept = new Uint32Array(count)
  let keptCount = 0
  for (const candidate of order) {
    if (!overlapsAny(candidate, kept, keptCount)) kept[keptCount++] = candidate
  }
  return kept.slice(0, keptCount)

  function overlapsAny(candidate: number, others: Uint32Array, length: number): boolean {
    const at = 4 * candidate
    const x1 = boxes[at]!
    const y1 = boxes[at + 1]!
    const x2 = boxes[at + 2]!
    const y2 = boxes[at + 3]!
    const area = areas[candidate]!
    for (let k = 0; k < length; k++) {
      const other = others[k]!
      const from = 4 * other
      const width = Math.min(x2, boxes[from + 2]!) - Math.max(x1, boxes[from]!)
      if (width <= 0) continue
      const height = Math.min(y2, boxes[from + 3]!) - Math.max(y1, boxes[from + 1]!)
      if (height <= 0) continue
      const shared = width * height
      const otherArea = areas[other]!
      const whole =
        options.measure === 'union' ? area + otherArea - shared : Math.min(area, otherArea)
      if (shared > options.threshold * whole) return true
    }
    return false
  }
}

/**
 * Moves boxes by a network's regression, in place.
 *
 * @param boxes    flat [n x 4]: x1, y1, x2, y2
 * @param offsets  flat [n x 4]: shift of each coordinate, in widths (x) and heights (y) of the box
 */
export function shiftBoxesInPlace(boxes: Float32Array, offsets: Float32Array): void {
  for (let at = 0; at < boxes.length; at += 4) {
    const width = boxes[at + 2]! - boxes[at]!
    const height = boxes[at + 3]! - boxes[at + 1]!
    boxes[at] = boxes[at]! + offsets[at]! * width
    boxes[at + 1] = boxes[at + 1]! + offsets[at + 1]! * height
    boxes[at + 2] = boxes[at + 2]! + offsets[at + 2]! * width
    boxes[at + 3] = boxes[at + 3]! + offsets[at + 3]! * height
  }
}

/** Grows the shorter side of each box (flat [n x 4]: x1, y1, x2, y2) to the longer, about its centre, in place. */
export function squareBoxesInPlace(boxes: Float32Array): void {
  for (let at = 0; at < boxes.length; at += 4) {
    const width = boxes[at + 2]! - boxes[at]!
    const height = boxes[at + 3]! - boxes[at + 1]!
    const half = Math.max(width, height) / 2
    const centreX = boxes[at]! + width / 2
    const centreY = boxes[at + 1]! + height / 2
    boxes[at] = centreX - half
    boxes[at + 1] = centreY - half
    boxes[at + 2] = centreX + half
    boxes[at + 3] = centreY + half
  }
}
