import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  boxArea,
  clipBox,
  expandBox,
  intersectionArea,
  intersectionOverUnion,
  shiftBoxesInPlace,
  squareBoxesInPlace,
  suppressOverlaps,
  turnBoxBack,
  turnPointBack,
} from './geometry.ts'

const coordinate = fc.integer({ min: -200, max: 200 })
const side = fc.integer({ min: 1, max: 200 })
const box = fc.record({ x: coordinate, y: coordinate, width: side, height: side })

describe('turning back', () => {
  const turn = fc.constantFrom<0 | 90 | 180 | 270>(0, 90, 180, 270)

  /** Where a point of the image lies in its copy, turned clockwise. */
  function turned(point: { x: number; y: number }, width: number, height: number, by: number) {
    let { x, y } = point
    let [w, h] = [width, height]
    for (let quarter = 0; quarter < by / 90; quarter++) {
      // The left edge becomes the upper one.
      ;[x, y] = [h - y, x]
      ;[w, h] = [h, w]
    }
    return { x, y }
  }

  it('undoes quarter turns', () => {
    fc.assert(
      fc.property(coordinate, coordinate, side, side, turn, (x, y, width, height, by) => {
        const point = turned({ x, y }, width, height, by)
        expect(turnPointBack(point, { width, height, turned: by })).toEqual({ x, y })
      }),
    )
  })

  it('keeps area and place of a box', () => {
    fc.assert(
      fc.property(box, side, side, turn, (given, width, height, by) => {
        const corners = [
          turned(given, width, height, by),
          turned({ x: given.x + given.width, y: given.y + given.height }, width, height, by),
        ] as const
        const copy = {
          x: Math.min(corners[0].x, corners[1].x),
          y: Math.min(corners[0].y, corners[1].y),
          width: Math.abs(corners[0].x - corners[1].x),
          height: Math.abs(corners[0].y - corners[1].y),
        }
        expect(turnBoxBack(copy, { width, height, turned: by })).toEqual(given)
      }),
    )
  })
})

describe('boxes', () => {
  it('have no area when a side is not positive', () => {
    expect(boxArea({ x: 0, y: 0, width: 3, height: 4 })).toBe(12)
    expect(boxArea({ x: 0, y: 0, width: -3, height: 4 })).toBe(0)
  })

  it('do not overlap when they only touch or lie apart in one direction', () => {
    const a = { x: 0, y: 0, width: 10, height: 10 }
    expect(intersectionArea(a, { x: 10, y: 0, width: 5, height: 5 })).toBe(0)
    expect(intersectionArea(a, { x: 0, y: 12, width: 5, height: 5 })).toBe(0)
    expect(intersectionOverUnion(a, { x: 20, y: 20, width: 5, height: 5 })).toBe(0)
    expect(intersectionOverUnion(a, { x: 5, y: 0, width: 10, height: 10 })).toBeCloseTo(1 / 3)
  })

  it('overlap symmetrically, fully with themselves and never by more than 1', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const overlap = intersectionOverUnion(a, b)
        expect(overlap).toBe(intersectionOverUnion(b, a))
        expect(overlap).toBeGreaterThanOrEqual(0)
        expect(overlap).toBeLessThanOrEqual(1)
        expect(intersectionOverUnion(a, a)).toBe(1)
      }),
    )
  })

  it('grow about their centre', () => {
    const grown = expandBox({ x: 10, y: 20, width: 100, height: 50 }, 0.2)
    expect(grown).toEqual({ x: -10, y: 10, width: 140, height: 70 })
  })

  it('are clipped to whole pixels inside the image', () => {
    fc.assert(
      fc.property(box, (any) => {
        const clipped = clipBox(any, 100, 80)
        if (clipped === undefined) {
          expect(intersectionArea(any, { x: 0, y: 0, width: 100, height: 80 })).toBe(0)
          return
        }
        expect(clipped.x).toBeGreaterThanOrEqual(0)
        expect(clipped.y).toBeGreaterThanOrEqual(0)
        expect(clipped.x + clipped.width).toBeLessThanOrEqual(100)
        expect(clipped.y + clipped.height).toBeLessThanOrEqual(80)
      }),
    )
    expect(clipBox({ x: 1.5, y: 1.5, width: 2, height: 2 }, 10, 10)).toEqual({
      x: 1,
      y: 1,
      width: 3,
      height: 3,
    })
    expect(clipBox({ x: 0, y: 50, width: 2, height: 2 }, 10, 10)).toBeUndefined()
  })
})

describe('suppressOverlaps', () => {
  const scored = fc.array(fc.record({ box, confidence: fc.integer({ min: 0, max: 50 }) }), {
    maxLength: 40,
  })
  const options = fc.record({
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    measure: fc.constantFrom('union' as const, 'minimum' as const),
  })
  const flatten = (
    items: readonly { box: { x: number; y: number; width: number; height: number } }[],
  ) => Float32Array.from(items.flatMap(({ box: b }) => [b.x, b.y, b.x + b.width, b.y + b.height]))

  it('keeps boxes that do not overlap each other, and drops only boxes that overlap a better one', () => {
    fc.assert(
      fc.property(scored, options, (items, { threshold, measure }) => {
        const confidences = Float32Array.from(items, ({ confidence }) => confidence)
        const kept = [...suppressOverlaps(flatten(items), confidences, { threshold, measure })]
        const overlap = (i: number, j: number): number => {
          const a = items[i]!.box
          const b = items[j]!.box
          const shared = intersectionArea(a, b)
          const whole =
            measure === 'union'
              ? boxArea(a) + boxArea(b) - shared
              : Math.min(boxArea(a), boxArea(b))
          return shared / whole
        }
        for (const [n, i] of kept.entries()) {
          for (const j of kept.slice(0, n)) {
            expect(overlap(i, j)).toBeLessThanOrEqual(threshold + 1e-9)
            expect(confidences[j]!).toBeGreaterThanOrEqual(confidences[i]!)
          }
        }
        for (const i of items.keys()) {
          if (kept.includes(i)) continue
          const better = kept.filter((j) => confidences[j]! >= confidences[i]!)
          expect(better.some((j) => overlap(i, j) > threshold - 1e-9)).toBe(true)
        }
      }),
    )
  })

  it('keeps the first of two equal boxes', () => {
    const boxes = Float32Array.of(0, 0, 10, 10, 0, 0, 10, 10)
    const kept = suppressOverlaps(boxes, Float32Array.of(1, 1), {
      threshold: 0.5,
      measure: 'union',
    })
    expect([...kept]).toEqual([0])
  })

  it('drops a small box inside a large one only by the smaller area', () => {
    const boxes = Float32Array.of(0, 0, 100, 100, 10, 10, 20, 20)
    const confidences = Float32Array.of(0.9, 0.8)
    expect(suppressOverlaps(boxes, confidences, { threshold: 0.5, measure: 'union' })).toHaveLength(
      2,
    )
    expect(
      suppressOverlaps(boxes, confidences, { threshold: 0.5, measure: 'minimum' }),
    ).toHaveLength(1)
  })
})

describe('corner boxes', () => {
  it('move by fractions of their sides', () => {
    const boxes = Float32Array.of(10, 20, 30, 60)
    shiftBoxesInPlace(boxes, Float32Array.of(0.5, 0.25, -0.5, 0))
    expect([...boxes]).toEqual([20, 30, 20, 60])
  })

  it('become squares of the longer side about the same centre', () => {
    fc.assert(
      fc.property(box, ({ x, y, width, height }) => {
        const boxes = Float32Array.of(x, y, x + width, y + height)
        squareBoxesInPlace(boxes)
        const [x1, y1, x2, y2] = boxes as unknown as [number, number, number, number]
        expect(x2 - x1).toBe(Math.max(width, height))
        expect(y2 - y1).toBe(Math.max(width, height))
        expect((x1 + x2) / 2).toBe(x + width / 2)
        expect((y1 + y2) / 2).toBe(y + height / 2)
      }),
    )
  })
})
