import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { isFaceError } from '../../src/core/errors.ts'
import { decodeImage } from '../../src/vision/pipeline/image.ts'
import { maxScans } from '../../src/vision/pipeline/image-header.ts'
import { makeJpegOfScans, testLimits } from '../helpers/images.ts'
import { makeTiff, type TiffOptions, tiffSide } from '../helpers/tiff.ts'

const pixels = tiffSide * tiffSide
const colour = [200, 100, 50] as const

const repeat = (...sample: readonly number[]) =>
  Uint8Array.from({ length: pixels * sample.length }, (_, i) => sample[i % sample.length] as number)
const toLittle16 = (values: readonly number[]) => values.flatMap((v) => [v & 255, (v >> 8) & 255])

const interleaved = repeat(...colour)
const planes = colour.map((value) => repeat(value))

async function codeOf(bytes: Uint8Array): Promise<string> {
  const error = await decodeImage(bytes, testLimits).catch((thrown: unknown) => thrown)
  return isFaceError(error) ? `${error.code}: ${error.message}` : 'decoded'
}

describe('an intact TIFF', () => {
  const readable: Readonly<Record<string, TiffOptions>> = {
    'in strips': { pieces: [interleaved] },
    'of the other byte order': { pieces: [interleaved], motorola: true },
    'with 64-bit offsets': { pieces: [interleaved], big: true },
    'in tiles': { pieces: [interleaved], tiled: true },
    'with a strip for each channel': { pieces: planes, tags: { 284: 2 } },
    'of 16 bits': {
      pieces: [repeat(...toLittle16(colour.map((value) => value * 257)))],
      tags: { 258: [16, 16, 16] },
    },
    'with an alpha channel': {
      pieces: [repeat(...colour, 255)],
      tags: { 258: [8, 8, 8, 8], 277: 4, 338: 2 },
    },
    // CIE L* 53.8, a* 35.9, b* 46.2 are the colour, by CIE 15 and IEC 61966-2-1, D50.
    'of 16-bit Lab': {
      pieces: [repeat(...toLittle16([35_258, 9190, 11_830]))],
      tags: { 258: [16, 16, 16], 262: 8 },
    },
  }
  it.each(Object.keys(readable))('%s has its colours', async (name) => {
    const { data, width, height } = await decodeImage(
      makeTiff(readable[name] as TiffOptions),
      testLimits,
    )
    expect([width, height]).toEqual([tiffSide, tiffSide])
    // Observed 0, and up to 3 for Lab, whose numbers above are rounded; bound 4.
    for (const [i, value] of colour.entries()) {
      expect(Math.abs((data[i] as number) - value)).toBeLessThanOrEqual(4)
    }
  })

  const refused: Readonly<Record<string, TiffOptions>> = {
    'tiles of one channel each': { pieces: planes, tiled: true, tags: { 284: 2 } },
    '8-bit Lab colours': { pieces: [interleaved], tags: { 262: 8 } },
    'YCbCr colours that are not JPEG-compressed': {
      pieces: [interleaved],
      tags: { 262: 6, 530: [1, 1] },
    },
    'signed samples': { pieces: [interleaved], tags: { 339: [2, 2, 2] } },
    'floating-point samples': {
      pieces: [repeat(...Array.from({ length: 12 }, () => 0))],
      tags: { 258: [32, 32, 32], 339: [3, 3, 3] },
    },
    '32-bit samples': {
      pieces: [repeat(...Array.from({ length: 12 }, () => 9))],
      tags: { 258: [32, 32, 32] },
    },
    '2 channels beside the colours': {
      pieces: [repeat(...colour, 1, 2)],
      tags: { 258: [8, 8, 8, 8, 8], 277: 5, 338: [0, 0] },
    },
    'Zstandard compression': { pieces: [interleaved], tags: { 259: 50_000 } },
    'compression 32809': { pieces: [interleaved], tags: { 259: 32_809 } },
    'raw sensor data': { pieces: [interleaved], tags: { 262: 34_892 } },
  }
  it.each(Object.keys(refused))('with %s is refused for that', async (what) => {
    for (const layout of [{}, { motorola: true }, { big: true }]) {
      const file = makeTiff({ ...(refused[what] as TiffOptions), ...layout })
      expect(await codeOf(file)).toContain(`TIFF with ${what} is not supported`)
      expect(await codeOf(file)).toMatch(/^unsupportedImage/)
    }
  })

  it('with YCbCr colours in JPEG compression has its colours', async () => {
    const [r, g, b] = colour
    const solid = { width: 16, height: 16, channels: 3 as const, background: { r, g, b } }
    const file = await sharp({ create: solid }).tiff({ compression: 'jpeg' }).toBuffer()
    const { data } = await decodeImage(file, testLimits)
    // Observed 1, bound 4: JPEG.
    expect(Math.abs((data[0] as number) - r)).toBeLessThanOrEqual(4)
  })

  it('that is cut off is damaged, not refused as unknown', async () => {
    const file = makeTiff({ pieces: [interleaved] })
    for (const end of [6, 9, 40, 150, file.length - 20]) {
      expect(await codeOf(file.slice(0, end))).toMatch(/^corruptImage/)
    }
  })
})

describe('an AVIF', () => {
  const solid = { width: 32, height: 16, channels: 3 as const, background: '#c86432' }
  const makeAvif = async (brand: string) => {
    const file = await sharp({ create: solid }).avif().toBuffer()
    file.write(brand, 8, 'latin1')
    return new Uint8Array(file)
  }

  it.each(['avis', 'mif1', 'msf1', 'miaf'])('under the brand %s is decoded', async (brand) => {
    const file = await makeAvif(brand)
    const before = file.slice()
    const { width, height, data } = await decodeImage(file, testLimits)
    expect([width, height]).toEqual([32, 16])
    // Observed 1, bound 6: lossy compression.
    expect(Math.abs((data[0] as number) - 200)).toBeLessThanOrEqual(6)
    expect(file).toEqual(before)
  })

  it('that has only moving pictures is refused for that', async () => {
    const file = await makeAvif('avis')
    const at = Buffer.from(file).indexOf('meta')
    file.set(Buffer.from('moov'), at)
    expect(await codeOf(file)).toContain('An animated AVIF without a still image is not supported')
  })

  it('that is cut off is damaged', async () => {
    const file = await makeAvif('avis')
    for (const end of [file.length - 10, 60, 34]) {
      expect(await codeOf(file.slice(0, end))).toMatch(/^corruptImage/)
    }
  })
})

describe('a JPEG that the decoder does not know', () => {
  it.each([
    ['of 12 bits', (file: Buffer, frame: number) => file.writeUInt8(12, frame + 4)],
    ['in levels', (file: Buffer, frame: number) => file.writeUInt8(0xc5, frame + 1)],
  ])('is refused as unsupported: one %s', async (_, change) => {
    const solid = { width: 16, height: 16, channels: 3 as const, background: '#c86432' }
    const file = await sharp({ create: solid }).jpeg().toBuffer()
    change(file, file.indexOf(Buffer.from([0xff, 0xc0])))
    expect(await codeOf(file)).toMatch(/^unsupportedImage: .*A JPEG of an uncommon kind/)
  })
})

describe('a progressive JPEG', () => {
  it('is read in as many scans as an encoder writes, and in no more', async () => {
    expect(await codeOf(makeJpegOfScans(64, maxScans - 1))).toBe('decoded')
    expect(await codeOf(makeJpegOfScans(64, maxScans))).toMatch(
      /^unsupportedImage: .*A JPEG of more than 100 scans/,
    )
  })

  it('is refused before any of many scans is decoded', async () => {
    // Decoded it would keep a core busy for minutes.
    expect(await codeOf(makeJpegOfScans(7000, 30_000))).toMatch(/^unsupportedImage/)
  })
})
