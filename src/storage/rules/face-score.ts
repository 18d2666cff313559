import type { Quality } from '../../core/types.ts'

// [Note: Cover scores]
// A list of persons says of each the face that shows the person best, so that a page of a thousand needs
// no thousand questions. How well a face's crop shows it is stored with the face, and nothing where no
// crop is stored; an index has the best of each person first. So it is one look a person, however many
// faces there are, and costs nothing in a gallery without crops.

// Beyond these a larger or sharper face shows no more to the eye.
const enoughPx = 112
const enoughSharpness = 100

/**
 * How well a picture shows a face, from 0: size, sharpness, and how far it looks at the camera, each as a
 * part of what is enough.
 *
 * @param quality  nothing is known of one without
 */
export function scoreFace(quality: Quality | undefined): number {
  if (quality === undefined) return 0
  const { sizePx, sharpness, pose, confidence } = quality
  const radians = Math.PI / 180
  const facing =
    Math.max(0, Math.cos(pose.yaw * radians)) * Math.max(0, Math.cos(pose.pitch * radians))
  const size = Math.min(1, sizePx / enoughPx)
  return confidence * facing * size * Math.min(1, sharpness / enoughSharpness)
}
