// Pictures of a face that could be stored with it, for bench/crops.mjs: what is stored, what earlier
// versions stored, and what was tried.
import sharp from 'sharp'
import { clipBox, expandBox } from '../dist/core/geometry.js'
import { createRandom } from '../dist/platform/random.js'
import { cutFaceCrop, planFaceCrop } from '../dist/vision/pipeline/face-crop.js'

const jpeg = (quality) => (image) => image.jpeg({ quality, chromaSubsampling: '4:4:4' })
const png = (image) => image.png()

/** `pitch` as in face-crop.ts; all but the first two have the same region and place. */
export const variants = [
  { name: 'stored', cut: cutFaceCrop },
  { name: 'earlier versions', cut: cutEarlierCrop },
  toVariant('JPEG 90, 4:2:0', { encode: (image) => image.jpeg({ quality: 90 }) }),
  toVariant('JPEG 90', { encode: jpeg(90) }),
  toVariant('JPEG 95', { encode: jpeg(95) }),
  toVariant('JPEG 97', { encode: jpeg(97) }),
  toVariant('JPEG 99', { encode: jpeg(99) }),
  toVariant('WebP 95', { encode: (image) => image.webp({ quality: 95 }) }),
  toVariant('WebP, near lossless 60', {
    encode: (image) => image.webp({ nearLossless: true, quality: 60 }),
  }),
  toVariant('PNG', { encode: png }),
  toVariant('PNG, pitch 1.5', { encode: png, pitch: 1.5 }),
  toVariant('PNG, pitch 3', { encode: png, pitch: 3 }),
  toVariant('PNG, linear filter', { encode: png, kernel: 'linear' }),
]

function toVariant(name, { encode, pitch, kernel = 'lanczos3' }) {
  const cut = async (image, detection) => {
    const { region, width, height, place } = planFaceCrop(image, detection, pitch)
    const part = extract(image, region).resize(width, height, { fit: 'fill', kernel })
    return { bytes: new Uint8Array(await encode(part).toBuffer()), place }
  }
  return { name, cut }
}

/** The box and a margin of 20 % on every side, without a place. */
export async function cutEarlierCrop(image, { box }) {
  const region = clipBox(expandBox(box, 0.2), image.width, image.height)
  return { bytes: new Uint8Array(await extract(image, region).jpeg({ quality: 90 }).toBuffer()) }
}

function extract({ data, width, height }, region) {
  const { x: left, y: top } = region
  return sharp(data, { raw: { width, height, channels: 3 } }).extract({
    ...{ left, top, width: region.width, height: region.height },
  })
}

/** Deviation of the noise that an enlarged photograph gets, 0 to 255: fine detail, as a camera's. */
const grain = 4

/** A photograph as if it had been taken with more pixels: enlarged, with noise. @returns a PNG file */
export async function enlarge(file, times) {
  const { width, height } = await sharp(file).metadata()
  const { data, info } = await sharp(file)
    .resize(Math.round(times * width), Math.round(times * height), { fit: 'fill' })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  const random = createRandom(1)
  for (let i = 0; i < data.length; i++) {
    // Three uniform values have the deviation 1/2 and nearly the shape of a normal one.
    const noise = 2 * grain * (random() + random() + random() - 1.5)
    data[i] = Math.max(0, Math.min(255, data[i] + noise))
  }
  return new Uint8Array(await sharp(data, { raw: info }).png({ compressionLevel: 1 }).toBuffer())
}
