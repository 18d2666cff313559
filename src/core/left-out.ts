import { computeSearchShift, computeThresholds, raiseThresholds } from './policy.ts'
import { restRanks } from './probe-shift.ts'
import type { DecisionPolicy, FmrCurve } from './types.ts'

/** A neighbour of a face that was left out of its gallery. */
export interface OwnedNeighbour {
  readonly similarity: number
  /** It is of the same person as the face. */
  readonly isOwn: boolean
}

/**
 * How a search for an enrolled face ends in the gallery without it. `found`: with its person;
 * `misnamed`: another person is nearer, and near enough; `missed`: nobody is near enough.
 */
export type LeftOutOutcome = 'found' | 'missed' | 'misnamed'

/**
 * Decides about a face in the gallery of all others, as a search does, without the means of persons.
 *
 * @param neighbours   of the face without the face itself, nearest first
 * @param galleryFaces  with the face
 */
export function decideLeftOut(
  { policy, curve }: { readonly policy: DecisionPolicy; readonly curve: FmrCurve | undefined },
  neighbours: readonly OwnedNeighbour[],
  { galleryFaces, ownFaces }: { readonly galleryFaces: number; readonly ownFaces: number },
): LeftOutOutcome {
  const [best] = neighbours
  if (best === undefined) return 'missed'
  const thresholds = computeThresholds(policy, curve, galleryFaces - 1)
  // Of the person who is nearest; of another one than the face's only the nearest face is known.
  const others = best.isOwn ? neighbours.filter(({ isOwn }) => !isOwn) : neighbours.slice(1)
  const faces = Math.max(others.length, galleryFaces - 1 - (best.isOwn ? ownFaces - 1 : 1))
  const similarities = others.slice(0, restRanks(faces)).map(({ similarity }) => similarity)
  const alike = computeSearchShift(policy, { curve, rest: { similarities, faces } })
  const { match } = raiseThresholds(thresholds, policy, { curve, alike, shared: 0 })
  if (best.similarity < match) return 'missed'
  return best.isOwn ? 'found' : 'misnamed'
}
