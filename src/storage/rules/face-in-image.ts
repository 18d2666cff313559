import type { FaceInImage } from '../ports/faces.ts'

type Read = { readonly [K in keyof FaceInImage]?: FaceInImage[K] | null | undefined }

/**
 * What a face has of an image: everything, or nothing where it was enrolled from an embedding. The
 * keys of the box are in one order, as its text tells faces of one image apart.
 */
export function toFaceInImage({ quality, box, landmarks }: Read): Partial<FaceInImage> {
  // Earlier versions stored a box without size for faces that came without an image.
  if (!quality || !box || !landmarks || box.width === 0) return {}
  const { x, y, width, height } = box
  return { quality, box: { x, y, width, height }, landmarks }
}
