import { computeThresholds, shiftThresholds } from '../core/policy.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { NewFace } from '../storage/ports/faces.ts'
import { findCurve, type RecognitionDependencies } from './dependencies.ts'
import type { EnrollWarning } from './face-watcher.ts'
import { latestGalleryShift } from './gallery-shift.ts'
import type { Judges } from './judges.ts'

/** Another person whom a new face matches. */
export type DuplicateWarning = Extract<EnrollWarning, { reason: 'duplicateOfOtherPerson' }>

/**
 * Looks for other persons whom new faces match at the collection's policy.
 *
 * @param isSelf  whether a person is the one whose faces they are
 * @returns for each face the nearest other person at or above the match threshold, or `undefined`
 */
export async function findDuplicates(
  deps: RecognitionDependencies,
  collection: Collection,
  {
    faces,
    judges,
    isSelf,
  }: {
    readonly faces: readonly NewFace[]
    readonly judges: Judges
    isSelf(person: { readonly personId: string; readonly name: string }): boolean
  },
): Promise<readonly (DuplicateWarning | undefined)[]> {
  const { gallery, models } = deps
  const { faces: gallerySize } = await gallery.collections.counts(collection.id)
  if (gallerySize === 0 || faces.length === 0) return faces.map(() => undefined)
  const curve = findCurve(models, collection.modelId)
  const { policy } = collection
  const thresholds = computeThresholds(policy, curve, gallerySize)
  const probes = new Float32Array(faces.length * collection.dimension)
  for (const [row, face] of faces.entries()) {
    probes.set(face.embedding, row * collection.dimension)
  }
  // Two persons: the nearest may be the one that is being enrolled.
  const judge = judges(collection.modelId)
  const results = await gallery.search(collection, probes, {
    persons: 2,
    ...(judge === undefined ? {} : { embeddingsFrom: thresholds.match }),
  })
  const ofGallery = latestGalleryShift(deps, collection, gallerySize)
  return results.map(({ persons, rest }, row) => {
    const other = persons.find((person) => !isSelf(person))
    const own = (faces[row] as NewFace).embedding
    const shared = (other?.embedding && judge?.pairShift(own, other.embedding)) ?? 0
    const { match } = shiftThresholds(thresholds, policy, { curve, rest, ofGallery, shared })
    if (other === undefined || other.similarity < match) return undefined
    return {
      reason: 'duplicateOfOtherPerson',
      personId: other.personId,
      personName: other.name,
      similarity: other.similarity,
    }
  })
}
