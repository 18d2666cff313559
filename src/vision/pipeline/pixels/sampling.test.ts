import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  estimateSimilarity,
  invertSimilarity,
  type SimilarityTransform,
} from '../../../core/alignment.ts'
import { cutCrops } from './crops.ts'
import type { ByteLevel, FloatLevel, PyramidLevel } from './levels.ts'
import { pickLevel } from './levels.ts'
import { toLuma } from './luma.ts'
import { type CropTransform, computeShareOutside, warpCrop } from './warp.ts'

/** Value of channel `c` at a continuous position; linear, so that bilinear sampling is exact. */
const plane = (x: number, y: number, c: number): number => 20 + 0.5 * x + 0.25 * y + 10 * c

/** The gradient at a scale of the full image, as planar floats. */
function floatLevel(fullWidth: number, fullHeight: number, scale: number): FloatLevel {
  const width = fullWidth * scale
  const height = fullHeight * scale
  const data = new Float32Array(3 * width * height)
  for (let c = 0, at = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[at++] = plane((x + 0.5) / scale, (y + 0.5) / scale, c)
    }
  }
  return { data, width, height, scaleX: scale, scaleY: scale }
}

/** The same image as interleaved bytes, rounded. */
function toByteLevel(level: FloatLevel): ByteLevel {
  const { width, height } = level
  const data = new Uint8Array(3 * width * height)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(level.data[c * width * height + i]!)
  }
  return { ...level, data }
}

const full = floatLevel(160, 120, 1)
const levels = [full, floatLevel(160, 120, 0.5), floatLevel(160, 120, 0.25)]

describe('pickLevel', () => {
  it('takes the coarsest level that still resolves the crop', () => {
    expect(pickLevel(levels, 2).scaleX).toBe(1)
    expect(pickLevel(levels, 0.6).scaleX).toBe(1)
    expect(pickLevel(levels, 0.58).scaleX).toBe(0.5)
    expect(pickLevel(levels, 0.25).scaleX).toBe(0.25)
    expect(pickLevel(levels, 0.01).scaleX).toBe(0.25)
  })
})

describe('cutCrops', () => {
  it('samples a linear image exactly, from whichever level', () => {
    const side = fc.integer({ min: 10, max: 60 })
    fc.assert(
      fc.property(
        side,
        fc.integer({ min: 8, max: 60 }),
        fc.integer({ min: 8, max: 40 }),
        (w, x, y) => {
          const size = 12
          const out = cutCrops(levels, Float32Array.of(x, y, x + w, y + w), size)
          const errors = Array.from(out, (value, i) => {
            const c = Math.floor(i / (size * size))
            const row = Math.floor(i / size) % size
            const pitch = w / size
            const expected = plane(x + ((i % size) + 0.5) * pitch, y + (row + 0.5) * pitch, c)
            return Math.abs(value - expected)
          })
          // Observed 3e-5, bound 1e-3.
          expect(Math.max(...errors)).toBeLessThan(1e-3)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('is black outside the image, and cuts several boxes one after the other', () => {
    const size = 4
    const out = cutCrops([full], Float32Array.of(-20, -20, -10, -10, 10, 10, 14, 14), size)
    const [outside, inside] = [out.subarray(0, 48), out.subarray(48)]
    expect([...new Set(outside)]).toEqual([0])
    expect(inside[0]).toBeCloseTo(plane(10.5, 10.5, 0), 4)
    expect(inside[47]).toBeCloseTo(plane(13.5, 13.5, 2), 4)
  })

  it('blends with black at the edge', () => {
    const white = { ...full, data: full.data.map(() => 200) }
    const out = cutCrops([white], Float32Array.of(-0.5, 10, 0.5, 11), 1)
    // The sample lies half a pixel outside the first pixel's centre.
    expect([...out]).toEqual([100, 100, 100])
  })

  it('reads bytes as it reads floats', () => {
    const size = 24
    const boxes = Float32Array.of(-5, 3, 60, 68)
    const fromFloats = cutCrops([full], boxes, size)
    const fromBytes = cutCrops([toByteLevel(full)], boxes, size)
    const largest = Math.max(...fromFloats.map((value, i) => Math.abs(value - fromBytes[i]!)))
    // Rounding to bytes: observed 0.5, bound 0.51.
    expect(largest).toBeLessThan(0.51)
  })
})

describe('warpCrop', () => {
  const size = 20
  const cut = (transform: CropTransform, from: readonly PyramidLevel[] = levels) =>
    warpCrop(from, transform, { size, edge: 'repeat' })
  const warp = (toCrop: SimilarityTransform, from?: readonly PyramidLevel[]) =>
    cut(invertSimilarity(toCrop), from)

  it('copies pixels when the transform is a shift by whole pixels', () => {
    const out = warp([1, 0, -30, 0, 1, -40])
    expect(out[0]).toBeCloseTo(plane(30.5, 40.5, 0), 4)
    expect(out[size + 1]).toBeCloseTo(plane(31.5, 41.5, 0), 4)
  })

  it('samples a linear image exactly under rotation and shrinking', () => {
    // From 60 image pixels to 20 crop pixels, turned: the centres of both are known points.
    const transform = estimateSimilarity(
      [
        { x: 60, y: 60 },
        { x: 100, y: 70 },
      ],
      [
        { x: 4, y: 9 },
        { x: 16, y: 9 },
      ],
    )
    const out = warp(transform)
    // Observed 1e-4, bound 1e-2. Pixel centres of the image are at whole numbers here.
    expect(Math.abs(out[9 * size + 4]! - plane(60.5, 60.5, 0))).toBeLessThan(1e-2)
    expect(Math.abs(out[9 * size + 16]! - plane(100.5, 70.5, 0))).toBeLessThan(1e-2)
  })

  it('averages several samples where the only level is much finer', () => {
    const checks = full.data.map((_, i) => (((i % 160) + Math.floor(i / 160)) % 2 === 0 ? 0 : 200))
    const out = warp([0.25, 0, 0, 0, 0.25, 0], [{ ...full, data: checks }])
    const inner = out.subarray(5 * size, 6 * size)
    // Without anti-aliasing the values would be 0 and 200; observed 100, bound 25 around it.
    for (const value of inner) expect(Math.abs(value - 100)).toBeLessThan(25)
  })

  it('gives each axis its own scale and its own number of samples', () => {
    const stripes = full.data.map((_, i) => (Math.floor(i / 160) % 2 === 0 ? 0 : 200))
    // Columns are copied; rows shrink by 4, so that stripes of one row average out.
    const out = cut([1, 0, 30, 0, 4, 1.5], [{ ...full, data: stripes }])
    const rows = out.subarray(5 * size, 6 * size)
    for (const value of rows) expect(value).toBeCloseTo(100, 4)
    const smooth = cut([1, 0, 30, 0, 4, 1.5], [full])
    expect(smooth[0]).toBeCloseTo(plane(30.5, 2, 0), 3)
    expect(smooth[3 * size + 7]).toBeCloseTo(plane(37.5, 14, 0), 3)
  })

  it('is black beyond the image, and the same inside', () => {
    const transform = invertSimilarity([1, 0.2, 10, -0.2, 1, 12])
    const black = warpCrop(levels, transform, { size })
    const repeated = warpCrop(levels, transform, { size, edge: 'repeat' })
    const [a, b, tx, c, d, ty] = transform
    const seen = { inside: 0, outside: 0 }
    for (let i = 0; i < size * size; i++) {
      const x = a * (i % size) + b * Math.floor(i / size) + tx
      const y = c * (i % size) + d * Math.floor(i / size) + ty
      const beyond = Math.max(-x, -y, x - 159, y - 119)
      // Between, a pixel lies on the edge.
      if (beyond > 2) seen.outside++
      if (beyond > 2) expect(black[i]).toBe(0)
      if (beyond < -1) seen.inside++
      if (beyond < -1) expect(black[i]).toBe(repeated[i])
    }
    expect(Math.min(seen.inside, seen.outside)).toBeGreaterThan(50)
  })

  it('repeats the edge beyond the image where asked to', () => {
    const out = warp([1, 0, 50, 0, 1, 50])
    expect(out[0]).toBeCloseTo(plane(0.5, 0.5, 0), 4)
    const beyond = warp([1, 0, -400, 0, 1, -400])
    expect(beyond[0]).toBeCloseTo(plane(159.5, 119.5, 0), 4)
  })
})

/** Bytes without a pattern, so that a wrong pixel shows. */
function noise(width: number, height: number): ByteLevel {
  let state = 1
  const data = Uint8Array.from({ length: 3 * width * height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  return { data, width, height, scaleX: 1, scaleY: 1 }
}

function toPlanes(level: ByteLevel): FloatLevel {
  const pixels = level.width * level.height
  const data = new Float32Array(3 * pixels)
  for (let i = 0; i < 3 * pixels; i++) data[(i % 3) * pixels + Math.floor(i / 3)] = level.data[i]!
  return { ...level, data }
}

/** Of the interpolated image, beyond the edge the nearest pixel. */
function sampleAt({ data, width, height }: ByteLevel, x: number, y: number, c: number): number {
  const [fx, fy] = [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))]
  const [x0, y0] = [Math.floor(fx), Math.floor(fy)]
  const at = (i: number, j: number): number =>
    data[3 * (Math.min(j, height - 1) * width + Math.min(i, width - 1)) + c]!
  const mix = (j: number): number => at(x0, j) * (1 - fx + x0) + at(x0 + 1, j) * (fx - x0)
  return mix(y0) * (1 - fy + y0) + mix(y0 + 1) * (fy - y0)
}

/** Levels on both sides of the size up to which the kernel's memory takes a level whole. */
const sizes = [noise(300, 200), noise(1700, 1100)]

describe.each(sizes)('a level of $width x $height', (level) => {
  const { width, height } = level
  const size = 31

  it('gives the same crops from bytes, from planes and by the definition, wherever they lie', () => {
    const planes = toPlanes(level)
    const place = fc.double({ min: -0.3, max: 1.3, noNaN: true })
    const pitch = fc.double({ min: 0.2, max: 1, noNaN: true })
    fc.assert(
      fc.property(place, place, pitch, fc.integer({ min: 0, max: 359 }), (u, v, scale, turn) => {
        const [a, c] = [Math.cos, Math.sin].map((f) => scale * f((turn * Math.PI) / 180))
        const transform: CropTransform = [a!, -c!, u * width, c!, a!, v * height]
        const out = warpCrop([level], transform, { size, edge: 'repeat' })
        expect(warpCrop([planes], transform, { size, edge: 'repeat' })).toEqual(out)
        const errors = Array.from(out, (value, i) => {
          const [x, y] = [i % size, Math.floor(i / size) % size]
          const [sx, sy] = [a! * x - c! * y + u * width, c! * x + a! * y + v * height]
          return Math.abs(value - sampleAt(level, sx, sy, Math.floor(i / size ** 2)))
        })
        // Float32 against float64: observed 5e-5, bound 1e-3.
        expect(Math.max(...errors)).toBeLessThan(1e-3)
      }),
      { numRuns: 20 },
    )
  })

  it('gives the same crops as boxes, from bytes and from planes', () => {
    const boxes = Float32Array.of(-9, -5, 40, 44, width - 30, height - 20, width + 4, height + 14)
    expect(cutCrops([toPlanes(level)], boxes, 24)).toEqual(cutCrops([level], boxes, 24))
  })

  it('cuts a crop as large as the level', () => {
    const out = cutCrops([level], Float32Array.of(0, 0, width, height), 300)
    for (const [x, y] of [
      [0, 0],
      [299, 299],
      [151, 77],
    ] as const) {
      const [sx, sy] = [((x + 0.5) * width) / 300 - 0.5, ((y + 0.5) * height) / 300 - 0.5]
      // Beyond the first pixel's centre there is black, so that corners only have to be darker.
      const expected = sampleAt(level, sx, sy, 1)
      const value = out[300 * 300 + 300 * y + x]!
      if (sx >= 0 && sy >= 0 && sx <= width - 1 && sy <= height - 1) {
        expect(Math.abs(value - expected)).toBeLessThan(1e-3)
      } else expect(value).toBeLessThanOrEqual(expected)
    }
  })
})

describe('many levels one after the other', () => {
  it('reads each of them, also after they took the place of others', () => {
    const many = Array.from({ length: 12 }, (_, i) => {
      const level = noise(700, 480)
      return { ...level, data: level.data.map((value) => value ^ i) }
    })
    for (const level of [...many, ...many]) {
      const [red] = warpCrop([level], [1, 0, 20, 0, 1, 30], { size: 3 })
      expect(red).toBe(level.data[3 * (30 * 700 + 20)])
    }
  })
})

describe('a crop without numbers', () => {
  it('is black', () => {
    const crop = warpCrop(levels, [1, 0, Number.NaN, 0, 1, 0], { size: 4 })
    expect([...new Set(crop)]).toEqual([0])
    const box = cutCrops(levels, Float32Array.of(0, 0, Number.POSITIVE_INFINITY, 5), 4)
    expect([...new Set(box)]).toEqual([0])
  })
})

describe('computeShareOutside', () => {
  const image = { width: 160, height: 120 }
  const size = 20

  it('is 0 for a crop inside and 1 for one beyond the image', () => {
    expect(computeShareOutside(image, [1, 0, 0, 0, 1, 0], size)).toBe(0)
    expect(computeShareOutside(image, [8, 0, 3.5, 0, 6, 2.5], size)).toBe(0)
    expect(computeShareOutside(image, [1, 0, -40, 0, 1, 0], size)).toBe(1)
  })

  it('is the share of rows and columns that are missing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: size }), fc.integer({ min: 0, max: size }), (x, y) => {
        const share = computeShareOutside(image, [1, 0, -x, 0, 1, 120 - size + y], size)
        expect(share).toBeCloseTo(1 - ((size - x) * (size - y)) / (size * size), 10)
      }),
    )
  })
})

describe('computeShareOutside of a turned crop', () => {
  it('counts the centres of the pixels beyond the image', () => {
    const [image, size] = [{ width: 160, height: 120 }, 20]
    const degrees = fc.integer({ min: 0, max: 359 })
    const centre = fc.double({ min: -30, max: 190, noNaN: true })
    fc.assert(
      fc.property(degrees, fc.integer({ min: 1, max: 12 }), centre, centre, (turn, scale, x, y) => {
        const [a, c] = [Math.cos, Math.sin].map((f) => scale * f((turn * Math.PI) / 180))
        const transform: CropTransform = [a!, -c!, x, c!, a!, y]
        let outside = 0
        for (let j = 0; j < size; j++) {
          for (let i = 0; i < size; i++) {
            const u = a! * i - c! * j + x
            const v = c! * i + a! * j + y
            if (u < -0.5 || v < -0.5 || u > image.width - 0.5 || v > image.height - 0.5) outside++
          }
        }
        const share = computeShareOutside(image, transform, size)
        // A centre on the edge itself may be rounded to either side.
        expect(Math.abs(share - outside / size ** 2)).toBeLessThanOrEqual(size / size ** 2)
      }),
    )
  })
})

describe('toLuma', () => {
  it('weighs the channels', () => {
    const rgb = Float32Array.of(100, 200, 50)
    expect(toLuma(rgb, 1)[0]).toBeCloseTo(0.299 * 100 + 0.587 * 200 + 0.114 * 50, 4)
  })
})
