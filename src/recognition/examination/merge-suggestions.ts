import { FaceError } from '../../core/errors.ts'
import {
  computeMergeRate,
  countPairs,
  defaultMaxWrong,
  leastMergeSimilarity,
} from '../../core/merge-rule.ts'
import type { LongOptions } from '../../gallery/gallery.ts'
import { eachPage } from '../../storage/iterate.ts'
import { findCurve, type RecognitionDependencies } from '../dependencies.ts'
import { type ExaminedPerson, type FaceOwners, readFaceOwners } from './face-owners.ts'
import { findPersonPairs } from './person-pairs.ts'

/** Two persons who may be one, and why; see [Note: Same person twice] in merge-rule.ts. */
export interface MergeSuggestion {
  /** Ids; the one who was made first comes first. */
  readonly personIds: readonly [string, string]
  /** Their nearest faces, in the same order. */
  readonly faceIds: readonly [string, string]
  /** How many faces each of them has. */
  readonly faces: readonly [number, number]
  /** Cosine of the nearest faces. */
  readonly similarity: number
  /** How often strangers with so many faces are as similar. */
  readonly rate: number
  /** Pairs of different persons of this gallery that are expected to be as similar. */
  readonly expected: number
}

/** Pairs of persons who may be one, and how many were compared. */
export interface MergeSuggestions {
  readonly persons: number
  readonly faces: number
  /** Pairs that the rule suggests; at most 1,000 of them are listed. */
  readonly found: number
  /** Pairs that the rule would suggest, and of whom somebody said that they are different persons. */
  readonly rejected: number
  /** Least expected first. */
  readonly suggestions: readonly MergeSuggestion[]
}

export interface MergeOptions extends LongOptions {
  /** About how many suggestions may be wrong, default 3. */
  readonly maxWrong?: number | undefined
}

/** Most suggestions that are listed: nobody looks through more before the first are dealt with. */
export const maxListed = 1000
/**
 * Finds pairs of persons who may be one.
 *
 * @throws {FaceError} `invalidOption` for a model without a curve, and for `maxWrong` out of range
 */
export async function findMerges(
  deps: Pick<RecognitionDependencies, 'gallery' | 'models' | 'store'>,
  name: string,
  { maxWrong = defaultMaxWrong, onProgress, signal }: MergeOptions = {},
): Promise<MergeSuggestions> {
  const { gallery, models } = deps
  if (!(maxWrong > 0 && maxWrong <= maxListed)) {
    throw new FaceError('invalidOption', {
      detail: `maxWrong must be above 0 and at most ${maxListed}, got ${maxWrong}.`,
    })
  }
  const collection = await gallery.collections.get(name)
  const curve = findCurve(models, collection.modelId)
  if (curve === undefined) {
    throw new FaceError('invalidOption', {
      detail: `The model ${collection.modelId} has no FMR curve, by which persons are compared.`,
    })
  }
  const owners = await readFaceOwners(gallery, collection, signal)
  const { persons } = owners
  const pairsOfPersons = countPairs(persons.length)
  const down = leastMergeSimilarity(curve, { persons: persons.length, maxWrong })
  const pairs = await findPersonPairs(deps, collection, {
    ...{ owners, down },
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  })
  const different = await readDifferent(deps, collection.id, owners)
  let rejected = 0
  const suggestions = [...pairs].flatMap(([key, { similarity, faceIds }]): MergeSuggestion[] => {
    const both = [Math.floor(key / persons.length), key % persons.length]
    const [a, b] = both.map((index) => persons[index]) as [ExaminedPerson, ExaminedPerson]
    const faces = [a.faces, b.faces] as const
    const rate = computeMergeRate(curve, similarity, faces)
    const expected = rate * pairsOfPersons
    if (expected > maxWrong) return []
    if (different.has(key)) {
      rejected++
      return []
    }
    const personIds = [a.id, b.id] as const
    return [{ ...toOrder(personIds, faceIds, faces), similarity, rate, expected }]
  })
  suggestions.sort((x, y) => x.expected - y.expected || y.similarity - x.similarity)
  return {
    persons: persons.length,
    faces: owners.faces,
    found: suggestions.length,
    rejected,
    suggestions: suggestions.slice(0, maxListed),
  }
}

/** The person who was made first, whose id is lower, comes first. */
function toOrder(
  [a, b]: readonly [string, string],
  [faceA, faceB]: readonly [string, string],
  [countA, countB]: readonly [number, number],
): Pick<MergeSuggestion, 'personIds' | 'faceIds' | 'faces'> {
  if (a < b) return { personIds: [a, b], faceIds: [faceA, faceB], faces: [countA, countB] }
  return { personIds: [b, a], faceIds: [faceB, faceA], faces: [countB, countA] }
}

/** Keys of the pairs of persons of whom a face of one was rejected for the other. */
export async function readDifferent(
  { gallery }: Pick<RecognitionDependencies, 'gallery'>,
  collectionId: string,
  { persons, personOf }: FaceOwners,
): Promise<ReadonlySet<number>> {
  const indexOf = new Map(persons.map(({ id }, index) => [id, index]))
  const keys = new Set<number>()
  const load = (options: object) =>
    gallery.statements.list(collectionId, { ...options, kind: 'rejection' })
  for await (const page of eachPage(load, { limit: 1000 })) {
    for (const { personId, faceId } of page) {
      const person = indexOf.get(personId)
      const other = faceId === undefined ? undefined : personOf(faceId)
      if (person === undefined || other === undefined) continue
      keys.add(Math.min(person, other) * persons.length + Math.max(person, other))
    }
  }
  return keys
}
