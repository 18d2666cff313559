import sharp from 'sharp'

/** Longest side, pixels. */
const side = 96
const quality = 80

/**
 * A small JPEG file of an image that was made here, to be looked at beside others.
 *
 * @param image  a JPEG file
 */
export async function makeThumbnail(image: Uint8Array): Promise<Uint8Array> {
  const file = await sharp(image)
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer()
  return Uint8Array.from(file)
}
