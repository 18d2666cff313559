import sharp, { type Metadata, type Sharp } from 'sharp'
import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Box } from '../../core/types.ts'
import { hasStillImage, withStillBrand } from './avif.ts'
import { type ImageHeader, maxScans, readJpegHeader } from './image-header.ts'
import { assertByteLength, type ImageLimits } from './image-limits.ts'
import { findTiffObstacle } from './tiff.ts'

/** Interleaved RGB bytes, row-major, sRGB, 0 to 255. */
export interface RgbImage {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

type ImageFormat = ImageHeader['format']

/** The formats that are read, for messages. */
const formatNames = 'JPEG, PNG, WebP, AVIF, GIF and TIFF'

/** The colour that transparent pixels are drawn over, as on a page. */
const background = '#ffffff'

/**
 * Sets the image library up for a pool of workers: one thread a decode, since the workers are the
 * parallelism, and no cache, since no image comes twice. Both are settings of the whole process.
 */
export function configureImages(): void {
  sharp.concurrency(1)
  sharp.cache(false)
}

/**
 * Decodes an image file.
 *
 * The file's first bytes tell the format, before the library sees it: only raster formats
 * reach a decoder (an SVG or PDF is a program). Limits of pixels are checked on the header, before
 * any are allocated. Files that the library would read with wrong colours are refused. Of an animation
 * the first frame is taken; the EXIF orientation is applied; profiles,
 * CMYK, grey, palettes and 16-bit samples become sRGB bytes; transparent pixels lie on white.
 *
 * @param admit  told what the header says, and awaited, before any pixel is decoded
 * @throws {FaceError} `emptyImage`, `imageTooLarge`, `unsupportedImage`, `corruptImage`; what `admit` throws
 */
export async function decodeImage(
  file: Uint8Array,
  limits: ImageLimits,
  admit?: (header: ImageHeader) => Promise<void>,
): Promise<RgbImage> {
  assertByteLength(file, limits)
  const format = assertSupported(file)
  const bytes = format === 'avif' ? withStillBrand(file) : file
  try {
    // A JPEG's is read here, and has nothing transparent: one trip to the library's threads
    // instead of two.
    const frame = format === 'jpeg' ? readJpegHeader(bytes) : undefined
    const header = frame === undefined ? await readHeader(bytes, limits) : undefined
    if (frame !== undefined) assertSize(frame.width, frame.height, limits)
    if (frame !== undefined && frame.scans > maxScans) {
      throw unsupported(`a JPEG of more than ${maxScans} scans`)
    }
    await admit?.(frame ?? toImageHeader(format, header!))
    const stored = sharp(bytes, {
      limitInputPixels: limits.maxPixels,
      // A file that is cut off would otherwise decode to half an image in grey.
      failOn: 'error',
    })
    const upright = frame?.mayBeTurned === false ? stored : stored.autoOrient()
    // Flattening is a pass over the image even where nothing is transparent.
    const opaque = header?.hasAlpha ? upright.flatten({ background }) : upright
    const { data, info } = await opaque
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels`)
    assertSize(info.width, info.height, limits)
    return { data, width: info.width, height: info.height }
  } catch (cause) {
    if (isFaceError(cause)) throw cause
    // The decoder's refusal is known by its text only, so the header is asked.
    if (format === 'jpeg') await readHeader(bytes, limits).catch(rethrowFaceError)
    if (cause instanceof Error && unknownJpeg.test(cause.message)) {
      throw unsupported(
        'a JPEG of an uncommon kind (not 8 bits a sample, lossless or hierarchical)',
        cause,
      )
    }
    throw new FaceError('corruptImage', { cause })
  }
}

/** Messages of libjpeg about intact files of kinds that it does not read. */
const unknownJpeg = /Unsupported JPEG (process|data precision)|Requested feature was omitted/

async function readHeader(bytes: Uint8Array, limits: ImageLimits): Promise<Metadata> {
  const header = await sharp(bytes, { limitInputPixels: false }).metadata()
  assertSize(header.width, header.height, limits)
  return header
}

function toImageHeader(
  format: ImageFormat,
  { width, height, isProgressive, channels, depth }: Metadata,
): ImageHeader {
  const sampleBytes = channels * (depth === 'uchar' || depth === 'char' ? 1 : 2)
  return { format, width, height, isProgressive, sampleBytes }
}

function rethrowFaceError(error: unknown): void {
  if (isFaceError(error)) throw error
}

/**
 * A smaller copy of an image, with the anti-aliased linear filter of libvips.
 *
 * @param width   of the copy, pixels
 * @param height  of the copy, pixels
 */
export async function shrinkImage(
  image: RgbImage,
  width: number,
  height: number,
): Promise<RgbImage> {
  const data = await fromRgb(image)
    .resize(width, height, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer()
  return { data, width, height }
}

/**
 * A copy of an image, turned clockwise, smaller where `scale` says so.
 *
 * @param scale  of the sides, above 0, at most 1 (default)
 */
export async function turnImage(
  image: RgbImage,
  { turn, scale = 1 }: { readonly turn: 90 | 180 | 270; readonly scale?: number },
): Promise<RgbImage> {
  const width = Math.max(1, Math.round(image.width * scale))
  const height = Math.max(1, Math.round(image.height * scale))
  const small = scale < 1 ? await shrinkImage(image, width, height) : image
  const data = await fromRgb(small).rotate(turn).raw().toBuffer()
  return turn === 180 ? { data, width, height } : { data, width: height, height: width }
}

/** How a part of an image becomes a JPEG file. */
export interface JpegOptions {
  /** Whole pixels inside of the image. */
  readonly region: Box
  /** Of the file, pixels; smaller than the region where it is to be shrunk. */
  readonly width: number
  readonly height: number
  /** 1 to 100. */
  readonly quality: number
}

/** A JPEG file of a part of an image, with colours at full resolution (4:4:4). */
export async function encodeJpeg(
  image: RgbImage,
  { region, width, height, quality }: JpegOptions,
): Promise<Uint8Array> {
  const part = fromRgb(image).extract({
    ...{ left: region.x, top: region.y, width: region.width, height: region.height },
  })
  const isSmaller = width !== region.width || height !== region.height
  const sized = isSmaller ? part.resize(width, height, { fit: 'fill' }) : part
  const file = await sized.jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer()
  // Small buffers share Node's pool; a copy can be transferred.
  return Uint8Array.from(file)
}

function fromRgb({ data, width, height }: RgbImage): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
}

function assertSize(width: number, height: number, limits: ImageLimits): void {
  if (width * height > limits.maxPixels || Math.max(width, height) > limits.maxSidePx) {
    throw new FaceError('imageTooLarge', {
      detail: `It has ${width} x ${height} pixels, the limits are ${limits.maxPixels} pixels (limits.maxPixels) and ${limits.maxSidePx} a side (limits.maxSidePx).`,
      info: { width, height, maxPixels: limits.maxPixels, maxSidePx: limits.maxSidePx },
    })
  }
}

/** @throws {FaceError} `unsupportedImage` */
function assertSupported(bytes: Uint8Array): ImageFormat {
  const format = sniffFormat(bytes)
  if (format === 'heic') {
    throw new FaceError('unsupportedImage', {
      detail: `HEIC is not supported; export the photo as JPEG. Supported are ${formatNames}.`,
    })
  }
  if (format === undefined) {
    throw new FaceError('unsupportedImage', { detail: `Supported are ${formatNames}.` })
  }
  if (format === 'tiff') {
    const obstacle = findTiffObstacle(bytes)
    if (obstacle !== undefined) throw unsupported(`TIFF with ${obstacle}`)
  }
  if (format === 'avif' && !hasStillImage(bytes)) {
    throw unsupported('an animated AVIF without a still image')
  }
  return format
}

/** @param what  subject of "is not supported" */
function unsupported(what: string, cause?: unknown): FaceError {
  const subject = what.charAt(0).toUpperCase() + what.slice(1)
  const detail = `${subject} is not supported; save the image as JPEG or PNG.`
  return new FaceError('unsupportedImage', { detail, cause })
}

/** Tells the format by a file's first bytes. */
function sniffFormat(bytes: Uint8Array): ImageFormat | 'heic' | undefined {
  // One character a byte, so that signatures can be written as text.
  const head = Buffer.from(bytes.subarray(0, 256)).toString('latin1')
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png'
  if (/^GIF8[79]a/.test(head)) return 'gif'
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp'
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(head.slice(0, 4))) return 'tiff'
  if (head.startsWith('ftyp', 4)) {
    // ISO/IEC 23000-22: the brands, major first, then the compatible ones to the end of the box.
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    const brands = head.slice(8, Math.min(size, 256)).match(/.{4}/gs) ?? []
    if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif'
    if (brands.some((brand) => /^(hei|hev|mif1|msf1)/.test(brand))) return 'heic'
  }
  return undefined
}
