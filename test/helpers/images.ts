import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

const samples = new URL('../../node_modules/@vladmandic/face-api/demo/', import.meta.url)

/** Photographs of real faces from a development dependency: 1 to 6, about 1920 x 1400 pixels. */
export const sampleNumbers = [1, 2, 3, 4, 5, 6] as const

/** Limits that the sample photographs keep. */
export const testLimits = { maxImageBytes: 20_000_000, maxPixels: 50_000_000, maxSidePx: 16_384 }

/** The JPEG file of a sample photograph. */
export async function readSample(number: (typeof sampleNumbers)[number]): Promise<Uint8Array> {
  return Uint8Array.from(await readFile(fileURLToPath(new URL(`sample${number}.jpg`, samples))))
}

/** Sample photograph 1, three faces, 640 pixels wide, as a lossless PNG file. */
export async function readSmallSample(): Promise<Uint8Array> {
  return toBytes(sharp(await readSample(1)).resize(640))
}

/**
 * One photograph in every form that has to be read, by name.
 *
 * @param image  an upright image file
 */
export async function encodeVariants(
  image: Uint8Array,
): Promise<Readonly<Record<string, Uint8Array>>> {
  const source = () => sharp(image)
  const quality = { quality: 95 }
  return {
    'a JPEG': await toBytes(source().jpeg(quality)),
    'a progressive JPEG': await toBytes(source().jpeg({ ...quality, progressive: true })),
    'a CMYK JPEG': await toBytes(source().toColourspace('cmyk').jpeg(quality)),
    'a JPEG with a Display P3 profile': await toBytes(source().withIccProfile('p3').jpeg(quality)),
    'a PNG of 16 bits': await toBytes(source().toColourspace('rgb16').png()),
    'a PNG with an alpha channel': await toBytes(source().ensureAlpha(1).png()),
    'a PNG with a palette': await toBytes(source().png({ palette: true })),
    'a WebP': await toBytes(source().webp(quality)),
    'an AVIF': await toBytes(source().avif({ quality: 80, effort: 0 })),
    'a GIF': await toBytes(source().gif()),
    'a TIFF': await toBytes(source().tiff({ compression: 'lzw' })),
  }
}

/** The image stored sideways, with the EXIF orientation that puts it upright again. */
export async function storeSideways(image: Uint8Array): Promise<Uint8Array> {
  return toBytes(sharp(image).rotate(-90).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }))
}

/** A baseline JPEG whose frame header claims `side` x `side` pixels. */
export function claimJpegSize(jpeg: Uint8Array, side: number): Uint8Array {
  const bytes = Uint8Array.from(jpeg)
  const frame = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0)
  const view = new DataView(bytes.buffer)
  view.setUint16(frame + 5, side)
  view.setUint16(frame + 7, side)
  return bytes
}

/** A PNG whose header claims a size that its few bytes cannot hold; valid up to there. */
export function makeBombPng(width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // Eight bits a sample, RGB, no interlace.
  header.set([8, 2, 0, 0, 0], 8)
  const pixels = deflateSync(Buffer.alloc(64_000_000), { level: 1 })
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  return Uint8Array.from(
    Buffer.concat([
      signature,
      makeChunk('IHDR', header),
      makeChunk('IDAT', pixels),
      makeChunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

function makeChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  chunk.set(body, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

async function toBytes(image: Sharp): Promise<Uint8Array> {
  return Uint8Array.from(await image.toBuffer())
}

/** Bits of a scan that says "no coefficient" of up to 32,767 blocks: a code of one bit, then 14 ones. */
const runBits = `0${'1'.repeat(14)}`

/** A grey progressive JPEG of `side` x `side` pixels in so many scans beside the first. */
export function makeJpegOfScans(side: number, scans: number): Uint8Array {
  const segment = (marker: number, ...body: readonly number[]) => {
    const length = body.length + 2
    return Buffer.from([0xff, marker, length >> 8, length & 255, ...body])
  }
  const table = (kind: number, symbol: number) =>
    segment(0xc4, kind << 4, 1, ...Array<number>(15).fill(0), symbol)
  const blocks = Math.ceil(side / 8) ** 2
  const bits = runBits.repeat(Math.ceil(blocks / 32_767)).match(/.{1,8}/g) ?? []
  const ends = bits.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2))
  const data = ends.flatMap((byte) => (byte === 255 ? [255, 0] : [byte]))
  const rest = Array.from({ length: scans }, (_, i) => {
    const coefficient = 1 + (i % 63)
    return Buffer.concat([segment(0xda, 1, 1, 0, coefficient, coefficient, 0), Buffer.from(data)])
  })
  return Uint8Array.from(
    Buffer.concat([
      Buffer.from([0xff, 0xd8]),
      segment(0xdb, 0, ...Array<number>(64).fill(1)),
      segment(0xc2, 8, side >> 8, side & 255, side >> 8, side & 255, 1, 1, 0x11, 0),
      ...[table(0, 0), table(1, 0xe0)],
      ...[segment(0xda, 1, 1, 0, 0, 0, 0), Buffer.alloc(Math.ceil(blocks / 8))],
      ...rest,
      Buffer.from([0xff, 0xd9]),
    ]),
  )
}
