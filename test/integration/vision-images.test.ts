import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import { intersectionOverUnion } from '../../src/core/geometry.ts'
import { loadManifest } from '../../src/models/manifest.ts'
import type { Analysis } from '../../src/vision/analyzer/analyzer-types.ts'
import { resolveDetectorOptions } from '../../src/vision/pipeline/detectors/detector.ts'
import { decodeImage } from '../../src/vision/pipeline/image.ts'
import { createPipeline, type Pipeline } from '../../src/vision/pipeline/pipeline.ts'
import {
  claimJpegSize,
  encodeVariants,
  makeBombPng,
  readSmallSample,
  storeSideways,
  testLimits,
} from '../helpers/images.ts'
import { testModels } from '../helpers/models.ts'

async function codeOf(image: Uint8Array, limits = testLimits): Promise<string> {
  try {
    await decodeImage(image, limits)
    return 'decoded'
  } catch (error) {
    return isFaceError(error) ? error.code : String(error)
  }
}

const encode = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'))

let photo: Uint8Array

beforeAll(async () => {
  photo = await readSmallSample()
})

describe('a file that is no readable image', () => {
  it('is refused as empty when it has no bytes', async () => {
    expect(await codeOf(new Uint8Array(0))).toBe('emptyImage')
  })

  it.each([
    ['text', encode('not an image at all')],
    ['one byte', encode('\xff')],
    ['an SVG', encode('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')],
    ['an SVG with an XML header', encode('<?xml version="1.0"?><svg width="1" height="1"/>')],
    ['a PDF', encode('%PDF-1.7\n1 0 obj')],
    ['a BMP', encode('BM\x46\0\0\0\0\0\0\0\x36\0\0\0')],
    ['an MP4', encode('\0\0\0\x18ftypisom\0\0\0\0isommp42')],
  ])('is refused as unsupported when it is %s', async (_, bytes) => {
    expect(await codeOf(bytes)).toBe('unsupportedImage')
  })

  it('is told the formats that are supported when it is a HEIC', async () => {
    const heic = encode('\0\0\0\x18ftypheic\0\0\0\0mif1heic')
    const error = await decodeImage(heic, testLimits).catch((thrown: unknown) => thrown)
    expect(isFaceError(error, 'unsupportedImage')).toBe(true)
    expect((error as Error).message).toContain('JPEG, PNG, WebP, AVIF, GIF and TIFF')
  })

  it('is refused as corrupt when it is cut off or damaged', async () => {
    const jpeg = Uint8Array.from(await sharp(photo).jpeg().toBuffer())
    expect(await codeOf(jpeg.slice(0, jpeg.length / 2))).toBe('corruptImage')
    expect(await codeOf(jpeg.slice(0, jpeg.length - 200))).toBe('corruptImage')
    expect(await codeOf(jpeg.slice(0, 20))).toBe('corruptImage')
    expect(await codeOf(photo.slice(0, photo.length / 2))).toBe('corruptImage')
    const webp = Uint8Array.from(await sharp(photo).webp().toBuffer())
    expect(await codeOf(webp.slice(0, webp.length / 2))).toBe('corruptImage')
  })
})

describe('a file that is too large', () => {
  it('is refused by its bytes', async () => {
    const limits = { ...testLimits, maxImageBytes: photo.length - 1 }
    expect(await codeOf(photo, limits)).toBe('imageTooLarge')
  })

  it('is refused by its pixels and by its longer side', async () => {
    expect(await codeOf(photo, { ...testLimits, maxPixels: 640 * 426 })).toBe('imageTooLarge')
    expect(await codeOf(photo, { ...testLimits, maxPixels: 640 * 427 })).toBe('decoded')
    expect(await codeOf(photo, { ...testLimits, maxSidePx: 639 })).toBe('imageTooLarge')
    expect(await codeOf(photo, { ...testLimits, maxSidePx: 640 })).toBe('decoded')
  })

  it('is refused by its header before pixels are allocated', async () => {
    const bomb = makeBombPng(50_000, 50_000)
    expect(bomb.length).toBeLessThan(1_000_000)
    const before = process.memoryUsage().rss
    expect(await codeOf(bomb)).toBe('imageTooLarge')
    // 50,000 x 50,000 RGB would be 7,500 MB; observed 0, bound 100.
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  it('is refused by its header when it is a JPEG, which is read in one go', async () => {
    const small = Uint8Array.from(await sharp(photo).jpeg().toBuffer())
    const bomb = claimJpegSize(small, 50_000)
    const before = process.memoryUsage().rss
    expect(await codeOf(bomb)).toBe('imageTooLarge')
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
    expect(await codeOf(small, { ...testLimits, maxPixels: 640 * 426 })).toBe('imageTooLarge')
    expect(await codeOf(small, { ...testLimits, maxSidePx: 639 })).toBe('imageTooLarge')
  })

  it('is refused as corrupt when it claims more pixels than it has, within the limits', async () => {
    expect(await codeOf(makeBombPng(6000, 6000))).toBe('corruptImage')
  })
})

/** EXIF orientation to how a camera that declares it stores an upright scene: turned, then mirrored. */
const storage: Readonly<Record<number, readonly [number, boolean]>> = {
  1: [0, false],
  2: [0, true],
  3: [180, false],
  4: [180, true],
  5: [90, true],
  6: [270, false],
  7: [270, true],
  8: [90, false],
}

describe('decoding', () => {
  it('puts transparent pixels on white', async () => {
    const clear = { r: 0, g: 0, b: 0, alpha: 0 }
    const png = await sharp({ create: { width: 4, height: 4, channels: 4, background: clear } })
      .png()
      .toBuffer()
    const { data } = await decodeImage(png, testLimits)
    expect([...new Set(data)]).toEqual([255])
  })

  it('keeps the tone of grey and of 16-bit samples', async () => {
    const grey = { r: 100, g: 100, b: 100 }
    const flat = () => sharp({ create: { width: 4, height: 4, channels: 3, background: grey } })
    for (const file of [
      await flat().toColourspace('b-w').png().toBuffer(),
      await flat().toColourspace('grey16').png().toBuffer(),
      await flat().toColourspace('rgb16').png().toBuffer(),
      await flat().toColourspace('b-w').ensureAlpha(1).png().toBuffer(),
    ]) {
      const { data } = await decodeImage(file, testLimits)
      expect(data).toHaveLength(48)
      // Observed 0, bound 1: rounding of the conversion.
      expect(Math.max(...data.map((value) => Math.abs(value - 100)))).toBeLessThanOrEqual(1)
    }
  })

  it('takes the first frame of an animation', async () => {
    const frame = (background: string) =>
      sharp({ create: { width: 8, height: 8, channels: 3, background } })
        .png()
        .toBuffer()
    const gif = await sharp([await frame('#ff0000'), await frame('#0000ff')], {
      join: { animated: true },
    })
      .gif()
      .toBuffer()
    const image = await decodeImage(gif, testLimits)
    expect([image.width, image.height]).toEqual([8, 8])
    expect([...image.data.subarray(0, 3)]).toEqual([255, 0, 0])
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('applies EXIF orientation %i', async (orientation) => {
    // Red top left of an upright image of 16 x 8; the inverse of the orientation is stored.
    const base = { create: { width: 16, height: 8, channels: 3, background: '#00ff00' } } as const
    const red = { create: { width: 8, height: 4, channels: 3, background: '#ff0000' } } as const
    const corner = await sharp(red).png().toBuffer()
    const upright = await sharp(base)
      .composite([{ input: corner, left: 0, top: 0 }])
      .png()
      .toBuffer()
    const [turn, isMirrored] = storage[orientation]!
    const turned = await sharp(upright).rotate(turn).png().toBuffer()
    const stored = isMirrored ? await sharp(turned).flop().png().toBuffer() : turned
    const file = await sharp(stored).withMetadata({ orientation }).png().toBuffer()
    const image = await decodeImage(file, testLimits)
    expect([image.width, image.height]).toEqual([16, 8])
    expect([...image.data.subarray(0, 3)]).toEqual([255, 0, 0])
    expect([...image.data.subarray(-3)]).toEqual([0, 255, 0])
  })
})

describe('the same photograph', () => {
  let pipeline: Pipeline
  let expected: Analysis
  const request = { detector: resolveDetectorOptions(), crops: false }

  beforeAll(async () => {
    pipeline = createPipeline({
      modelsDir: `${await testModels()}/models`,
      models: (await loadManifest()).models,
      limits: testLimits,
    })
    expected = await pipeline.analyze(photo, request)
  })

  const expectSameFaces = (actual: Analysis): void => {
    expect([actual.width, actual.height]).toEqual([expected.width, expected.height])
    expect(actual.faces).toHaveLength(expected.faces.length)
    for (const { detection } of expected.faces) {
      const overlaps = actual.faces.map((face) =>
        intersectionOverUnion(face.detection.box, detection.box),
      )
      // Observed at least 0.821 (grey) and 0.892 (CMYK), bound 0.75.
      expect(Math.max(...overlaps)).toBeGreaterThan(0.75)
    }
  }

  it('has three faces', () => {
    expect(expected.faces).toHaveLength(3)
  })

  it('has the same faces in every format and pixel layout', async () => {
    for (const [name, file] of Object.entries(await encodeVariants(photo))) {
      const actual = await pipeline.analyze(file, request)
      expect(actual.faces.length, name).toBe(3)
      expectSameFaces(actual)
    }
  })

  it('has the same faces in grey', async () => {
    const grey = await sharp(photo).greyscale().jpeg({ quality: 95 }).toBuffer()
    expectSameFaces(await pipeline.analyze(grey, request))
  })

  it('has the same faces when stored sideways with an EXIF orientation', async () => {
    expectSameFaces(await pipeline.analyze(await storeSideways(photo), request))
  })
})
