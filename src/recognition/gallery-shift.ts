import type { Collection } from '../storage/ports/collections.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'

type Dependencies = Pick<RecognitionDependencies, 'gallery' | 'models'>

/**
 * By how much a threshold has to rise because the people of the collection are more alike than its
 * model's curve expects, where the policy asks for it; see [Note: Gallery shift] in
 * gallery-difficulty.ts. Searches do not wait: until the collection was measured, which begins
 * here, it is 0.
 *
 * @param faces  how many the collection has now
 * @returns a difference of cosines, from 0
 */
export function latestGalleryShift(
  { gallery, models }: Dependencies,
  collection: Collection,
  faces: number,
): number {
  const curve = collection.policy.galleryShift && findCurve(models, collection.modelId)
  if (!curve) return 0
  return gallery.difficulty.latest(collection, { curve, faces })?.difficulty?.shift ?? 0
}

/**
 * Computes the same as {@link latestGalleryShift}, but the first call waits for the measurement; later
 * ones take the last.
 */
export async function measureGalleryShift(
  { gallery, models }: Dependencies,
  collection: Collection,
): Promise<number> {
  const curve = collection.policy.galleryShift && findCurve(models, collection.modelId)
  if (!curve) return 0
  const { faces } = await gallery.collections.counts(collection.id)
  const input = { curve, faces }
  const measured =
    gallery.difficulty.latest(collection, input) ??
    (await gallery.difficulty.measure(collection, input))
  return measured?.difficulty?.shift ?? 0
}
