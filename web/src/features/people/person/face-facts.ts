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

/** Those that fit least first, then those that were not compared; the best first; the newest first. */
export type FaceOrder = 'outliers' | 'best' | 'newest'

/**
 * Faces in an order; those that are alike in it, the newest first.
 *
 * @param quality  the examination of the person, which tells those that fit least
 */
export function orderFaces(
  faces: readonly Face[],
  order: FaceOrder,
  quality: PersonQuality | undefined,
): readonly Face[] {
  const newest = [...faces].sort((a, b) => (a.id < b.id ? 1 : -1))
  if (order === 'best') return newest.sort((a, b) => scoreFace(b) - scoreFace(a))
  if (order === 'newest' || quality === undefined) return newest
  const places = new Map(quality.faces.map(({ faceId }, place) => [faceId, place]))
  const placeOf = ({ id }: Face) => places.get(id) ?? places.size
  return newest.sort((a, b) => placeOf(a) - placeOf(b))
}

// Beyond these a larger or sharper face shows no more to the eye; the server chooses by the same which
// face shows a person.
const enoughPx = 112
const enoughSharpness = 100

/** How well a photograph shows the face, from 0: large, sharp, looking at the camera. */
function scoreFace({ quality }: Face): number {
  if (quality === undefined) return -1
  const { sizePx, sharpness, pose, confidence } = quality
  const facing = (degrees: number) => Math.max(0, Math.cos((degrees * Math.PI) / 180))
  const size = Math.min(1, sizePx / enoughPx) * Math.min(1, sharpness / enoughSharpness)
  return confidence * facing(pose.yaw) * facing(pose.pitch) * size
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
