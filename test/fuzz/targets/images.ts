import sharp from 'sharp'
import { hasStillImage, withStillBrand } from '../../../src/vision/pipeline/avif.ts'
import { configureImages, decodeImage } from '../../../src/vision/pipeline/image.ts'
import { readJpegHeader } from '../../../src/vision/pipeline/image-header.ts'
import { findTiffObstacle } from '../../../src/vision/pipeline/tiff.ts'
import { type FuzzTarget, MustRefuse } from '../target.ts'

const limits = { maxImageBytes: 1_000_000, maxPixels: 250_000, maxSidePx: 2000 }

async function makeImages(): Promise<readonly Uint8Array[]> {
  configureImages()
  const data = Buffer.from(Array.from({ length: 24 * 16 * 3 }, (_, i) => (i * 37) % 256))
  const source = sharp(data, { raw: { width: 24, height: 16, channels: 3 } })
  const files = await Promise.all([
    source.clone().jpeg().toBuffer(),
    source.clone().jpeg({ progressive: true }).withMetadata({ orientation: 6 }).toBuffer(),
    source.clone().png({ progressive: true }).toBuffer(),
    source.clone().png({ palette: true }).toBuffer(),
    source.clone().webp().toBuffer(),
    source.clone().gif().toBuffer(),
    source.clone().tiff({ compression: 'lzw' }).toBuffer(),
    source.clone().tiff({ compression: 'none', tile: true }).toBuffer(),
    source.clone().avif({ effort: 0 }).toBuffer(),
  ])
  return files.map((file) => new Uint8Array(file))
}

const words = [
  '\xff\xc0',
  '\xff\xc2',
  '\xff\xda',
  '\xff\xe1',
  'Exif\0\0',
  'ftypavis',
  'meta',
  'IHDR',
]

export const imageTargets: readonly FuzzTarget[] = [
  {
    name: 'image-header',
    refusals: [],
    words,
    seeds: makeImages,
    read(input) {
      if (input.length < 12) return
      readJpegHeader(input)
      findTiffObstacle(input)
      // They are called for files of this kind only.
      if (Buffer.from(input.subarray(4, 8)).toString() !== 'ftyp') return
      hasStillImage(input)
      withStillBrand(input)
    },
  },
  {
    name: 'image',
    refusals: ['emptyImage', 'unsupportedImage', 'corruptImage', 'imageTooLarge'],
    words,
    seeds: makeImages,
    async read(input) {
      const { data, width, height } = await decodeImage(input, limits)
      const isWithin =
        width * height <= limits.maxPixels && Math.max(width, height) <= limits.maxSidePx
      if (!isWithin) throw new MustRefuse(`${width} x ${height} pixels`)
      if (data.length !== 3 * width * height) throw new MustRefuse(`${data.length} bytes of pixels`)
    },
  },
]
