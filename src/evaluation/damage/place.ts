import { intersectionOverUnion } from '../../core/geometry.ts'
import type { Box } from '../../core/types.ts'

/** Less overlap than this is another face, or none. */
const minOverlap = 0.1

/**
 * The detected face that lies where a face is known to be.
 *
 * @param box  the place, pixels of the same picture
 * @returns the face with the largest intersection over union, `undefined` when none has 0.1
 */
export function findFaceAt<Face extends { readonly detection: { readonly box: Box } }>(
  faces: readonly Face[],
  box: Box,
): Face | undefined {
  let best: Face | undefined
  let bestOverlap = minOverlap
  for (const face of faces) {
    const overlap = intersectionOverUnion(face.detection.box, box)
    if (overlap >= bestOverlap) {
      best = face
      bestOverlap = overlap
    }
  }
  return best
}

/** The largest face; for pictures without a person, where any is a mistake. */
export function findLargestFace<Face extends { readonly detection: { readonly box: Box } }>(
  faces: readonly Face[],
): Face | undefined {
  let best: Face | undefined
  for (const face of faces) {
    const area = face.detection.box.width * face.detection.box.height
    const bestBox = best?.detection.box
    if (bestBox === undefined || area > bestBox.width * bestBox.height) best = face
  }
  return best
}
