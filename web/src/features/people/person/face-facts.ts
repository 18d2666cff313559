import type { Face, PersonQuality } from '../../../shared/api/types.ts'

/** What is said about a face beside its photograph. */
export interface FaceFacts {
  /** How the face goes with the others of the person. */
  readonly likeness: 'outlier' | 'like' | 'only' | 'notCompared'
  /** Cosine to the mean of the others. */
  readonly similarity: number | undefined
  /** Nearly the same photograph as another one. */
  readonly isCopy: boolean
  /** The person can do without it. */
  readonly isRedundant: boolean
}

/**
 * Faces in the order in which somebody should look at them: those that fit least first, then those
 * that were not compared. Without `quality` the newest first.
 */
export function orderFaces(
  faces: readonly Face[],
  quality: PersonQuality | undefined,
): readonly Face[] {
  const newest = [...faces].sort((a, b) => (a.id < b.id ? 1 : -1))
  if (quality === undefined) return newest
  const places = new Map(quality.faces.map(({ faceId }, place) => [faceId, place]))
  const placeOf = ({ id }: Face) => places.get(id) ?? places.size
  return newest.sort((a, b) => placeOf(a) - placeOf(b))
}

/** What a person's examination says about one face. */
export function factsOf(faceId: string, quality: PersonQuality): FaceFacts {
  const compared = quality.faces.find((one) => one.faceId === faceId)
  const similarity = compared?.similarity
  const isMissing = quality.missingEmbedding.includes(faceId)
  const likeness =
    compared === undefined || isMissing
      ? 'notCompared'
      : similarity === undefined
        ? 'only'
        : compared.outlier
          ? 'outlier'
          : 'like'
  return {
    likeness,
    similarity,
    isCopy: quality.nearDuplicates.some(({ faceIds }) => faceIds.includes(faceId)),
    isRedundant: quality.redundant.includes(faceId),
  }
}

/** One face of each pair that is nearly one photograph, so that the other one stays. */
export function copiesOf({ nearDuplicates }: PersonQuality): readonly string[] {
  const kept = new Set<string>()
  const copies = new Set<string>()
  for (const { faceIds } of nearDuplicates) {
    const [first, ...others] = faceIds.filter((id) => !copies.has(id))
    if (first === undefined) continue
    kept.add(first)
    for (const id of others) if (!kept.has(id)) copies.add(id)
  }
  return [...copies]
}
