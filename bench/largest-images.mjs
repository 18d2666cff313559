// The largest images that the default limits accept with the smallest `minFaceSize`, by kind, and
// some that are refused or damaged.
import sharp from 'sharp'

/** Sides that just fit `limits.maxImageMemoryBytes`. */
const sides = { jpeg: 9750, png: 9750, avif: 6750 }
const background = { r: 200, g: 180, b: 160 }
/** A tile of the crowd; faces are about 30 pixels high. */
const crowdTile = { width: 975, height: 750 }
const noiseSide = 512
/** Its square is more than `limits.maxPixels`. */
const sideBeyondLimit = 10_100

/**
 * @param photo  file of a photograph with faces
 * @param scale  of the sides
 * @returns kinds, each with `make()`, which takes some seconds for the bytes of the file
 */
export function listLargestImages(photo, scale = 1) {
  const create = (side) => ({
    create: { width: Math.floor(side), height: Math.floor(side), channels: 3, background },
    limitInputPixels: false,
  })
  const blank = (format, options) => () =>
    sharp(create(sides[format] * scale))
      .toFormat(format, options)
      .toBuffer()
  const fill = async (tile, quality) =>
    sharp(create(sides.jpeg * scale))
      .composite([{ input: await tile, tile: true }])
      .jpeg({ quality })
      .toBuffer()
  const faces = () =>
    sharp(photo)
      .resize({ ...crowdTile, fit: 'fill' })
      .toBuffer()
  const cutOff = (file) => file.subarray(0, 0.9 * file.length)
  return [
    { kind: 'blank JPEG', make: blank('jpeg', {}) },
    { kind: 'blank PNG', make: blank('png', {}) },
    { kind: 'blank AVIF', make: blank('avif', { effort: 0 }) },
    { kind: 'crowd, JPEG', make: () => fill(faces(), 70) },
    { kind: 'noise, JPEG', make: () => fill(makeNoise(), 10) },
    { kind: 'crowd, cut off', make: async () => cutOff(await fill(faces(), 70)) },
    {
      kind: 'PNG beyond the limit',
      make: () => sharp(create(sideBeyondLimit)).png().toBuffer(),
    },
  ]
}

/** A PNG of normal noise, in which P-Net finds many windows. */
function makeNoise() {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 }
  const size = { width: noiseSide, height: noiseSide, channels: 3 }
  return sharp({ create: { ...size, background, noise } })
    .png()
    .toBuffer()
}
