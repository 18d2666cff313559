import type { Box } from '../api/types.ts'

/** What is kept around the face, in sides of its box: the detector needs the head. */
const margin = 0.6
/** A larger face has no more to tell. */
const longestSide = 1200
const quality = 0.95
/** Neither skin nor hair. */
const grey = '#808080'

/**
 * Cuts one face out of a photo, upright as the browser shows it. Other faces are painted over, so
 * that nobody takes one of them for it.
 *
 * @param face    pixels of the upright photo
 * @param others  the other faces, in the same pixels
 * @returns a JPEG file; the same photo and boxes give the same bytes
 * @throws {DOMException} when the browser cannot read the photo
 */
export async function cutFace(photo: Blob, face: Box, others: readonly Box[]): Promise<Blob> {
  const bitmap = await createImageBitmap(photo, { imageOrientation: 'from-image' })
  try {
    const around = margin * Math.max(face.width, face.height)
    const left = Math.max(0, Math.floor(face.x - around))
    const top = Math.max(0, Math.floor(face.y - around))
    const width = Math.min(bitmap.width, Math.ceil(face.x + face.width + around)) - left
    const height = Math.min(bitmap.height, Math.ceil(face.y + face.height + around)) - top
    const scale = Math.min(1, longestSide / Math.max(width, height))
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.round(width * scale))
    canvas.height = Math.max(1, Math.round(height * scale))
    const context = canvas.getContext('2d')
    if (context === null) throw new DOMException('No canvas.', 'InvalidStateError')
    context.imageSmoothingQuality = 'high'
    context.drawImage(bitmap, left, top, width, height, 0, 0, canvas.width, canvas.height)
    context.fillStyle = grey
    for (const other of others) {
      if (overlap(face, other)) continue
      context.fillRect(
        (other.x - left) * scale,
        (other.y - top) * scale,
        other.width * scale,
        other.height * scale,
      )
    }
    return await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new DOMException('No JPEG.', 'EncodingError'))),
        'image/jpeg',
        quality,
      )
    })
  } finally {
    bitmap.close()
  }
}

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
