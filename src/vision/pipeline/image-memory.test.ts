import { describe, expect, it } from 'vitest'
import type { ImageHeader } from './image-header.ts'
import { readJpegHeader } from './image-header.ts'
import { describeWhatFits, estimateImageMemory } from './image-memory.ts'

const formats = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const
const header = (changes: Partial<ImageHeader> = {}): ImageHeader => ({
  format: 'jpeg',
  width: 4000,
  height: 3000,
  isProgressive: false,
  sampleBytes: 3,
  ...changes,
})
const options = { minFaceSize: 40, readTurned: true }

describe('the estimate of an image', () => {
  it.each(formats)('of %s is at least its pixels, and grows with them', (format) => {
    let last = 0
    for (let side = 100; side <= 10_000; side += 300) {
      const bytes = estimateImageMemory(header({ format, width: side, height: side }), options)
      expect(bytes).toBeGreaterThan(3 * side * side)
      // Where a level changes from floats to bytes, by a little less.
      expect(bytes).toBeGreaterThan(0.8 * last)
      last = bytes
    }
  })

  it('is more for smaller faces, progressive files, wider samples', () => {
    const wide = header({ format: 'avif', sampleBytes: 8 })
    expect(estimateImageMemory(wide, options)).toBeGreaterThan(
      estimateImageMemory({ ...wide, sampleBytes: 3 }, options),
    )
    const large = header({ width: 12_000, height: 8_000 })
    const upright = { minFaceSize: 60, readTurned: false }
    const small = { ...upright, minFaceSize: 12 }
    expect(estimateImageMemory(large, small)).toBeGreaterThan(estimateImageMemory(large, upright))
    expect(estimateImageMemory({ ...large, isProgressive: true }, upright)).toBeGreaterThan(
      estimateImageMemory(large, upright),
    )
  })
})

describe.each(formats)('a refusal of %s', (format) => {
  it('names what fits', () => {
    const large = header({ format, width: 9000, height: 9000 })
    const limit = 500_000_000
    const smallFaces = { ...options, minFaceSize: 12 }
    const { detail, info } = describeWhatFits(large, smallFaces, limit)
    expect(detail).toContain('limits.maxImageMemoryBytes')
    const side = Math.floor(Math.sqrt(info.fittingPixels!))
    const smaller = { ...large, width: side, height: side }
    expect(estimateImageMemory(smaller, smallFaces)).toBeLessThanOrEqual(limit)
    const minFaceSize = info.fittingMinFaceSize
    if (minFaceSize === undefined) return
    expect(estimateImageMemory(large, { ...options, minFaceSize })).toBeLessThanOrEqual(limit)
  })
})

describe('the header of a JPEG file', () => {
  const file = (...bytes: number[]) => Uint8Array.of(0xff, 0xd8, ...bytes)
  const frame = (marker: number) => [
    0xff,
    marker,
    0,
    17,
    8,
    1,
    2,
    3,
    4,
    3,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ]
  const scan = (components: number) => [0xff, 0xda, 0, 8, components, 0, 0, 0, 0, 0]

  it('is found behind other segments and fill bytes', () => {
    const bytes = file(
      0xff,
      0xe1,
      0,
      4,
      9,
      9,
      0xff,
      0xff,
      0xff,
      0xc4,
      0,
      2,
      ...frame(0xc0),
      ...scan(3),
    )
    expect(readJpegHeader(bytes)).toEqual({
      format: 'jpeg',
      width: 0x304,
      height: 0x102,
      isProgressive: false,
      sampleBytes: 3,
      mayBeTurned: true,
    })
  })

  it('tells where no orientation can be stated', () => {
    const exif = [0xff, 0xe1, 0, 2]
    const mayBeTurned = (...parts: number[]) => readJpegHeader(file(...parts))?.mayBeTurned
    expect(mayBeTurned(...frame(0xc0), ...scan(3))).toBe(false)
    expect(mayBeTurned(...exif, ...frame(0xc0), ...scan(3))).toBe(true)
    expect(mayBeTurned(...frame(0xc0), ...exif, ...scan(3))).toBe(true)
    expect(mayBeTurned(...frame(0xc0))).toBe(true)
  })

  it('tells what needs all of the data at once', () => {
    expect(readJpegHeader(file(...frame(0xc2), ...scan(3)))?.isProgressive).toBe(true)
    expect(readJpegHeader(file(...frame(0xc0), ...scan(1)))?.isProgressive).toBe(true)
    expect(readJpegHeader(file(...frame(0xc0)))?.isProgressive).toBe(true)
  })

  it('is missing where the file is something else', () => {
    expect(readJpegHeader(file())).toBeUndefined()
    expect(readJpegHeader(file(0xff, 0xe1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toBeUndefined()
    expect(readJpegHeader(file(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))).toBeUndefined()
    expect(readJpegHeader(file(...scan(3), 0, 0, 0))).toBeUndefined()
  })
})
