import { expectedFpir, type GalleryDifficulty } from '../../core/gallery-difficulty.ts'
import { decideLeftOut } from '../../core/left-out.ts'
import { computeThresholds, type DecisionThresholds } from '../../core/policy.ts'
import { maxRestRanks } from '../../core/probe-shift.ts'
import type { LongOptions } from '../../gallery/gallery.ts'
import { findCurve, type RecognitionDependencies } from '../dependencies.ts'
import { type ExaminedPerson, readFaceOwners } from './face-owners.ts'
import { maxListed, readDifferent } from './merge-suggestions.ts'
import { eachNeighbourhood } from './neighbourhoods.ts'
import { type PersonWeakness, weaknessesOf } from './weakness.ts'

/** A face that a search would not find, were it not enrolled itself. */
export interface MissedFace {
  readonly faceId: string
  readonly personId: string
  /** `missed`: nobody is near enough; `misnamed`: another person is nearer. */
  readonly outcome: 'missed' | 'misnamed'
  /** Of the nearest face, of whomever. */
  readonly nearest?: {
    readonly faceId: string
    readonly personId: string
    readonly similarity: number
  }
}

/** Faces of two persons that would match: the persons are one, a face is with the wrong one, or both look alike. */
export interface AlikePair {
  readonly personIds: readonly [string, string]
  /** Their nearest faces, in the same order. */
  readonly faceIds: readonly [string, string]
  readonly similarity: number
}

/** A person whom a search may miss. */
export interface WeakPerson {
  readonly personId: string
  readonly weaknesses: readonly PersonWeakness[]
}

/** What a gallery says about itself. */
export interface GalleryReport {
  readonly modelId: string
  readonly persons: number
  readonly faces: number
  readonly thresholds: DecisionThresholds
  /** Searches for the faces of people with another one, each left out of the gallery. */
  readonly leftOut: {
    readonly faces: number
    readonly found: number
    readonly missed: number
    readonly misnamed: number
  }
  /** How many pairs of different persons are as similar as a match; rejected ones are not counted. */
  readonly alikePairs: number
  readonly weakPersons: number
  /** How alike its people are; absent without a curve and for fewer than 78 people. */
  readonly difficulty?: GalleryDifficulty
  /** Share of searches by strangers from the same camera that would match without a shift. */
  readonly expectedFpir?: number
  /** At most 1,000 of each; those that are nearest, or alike, first. */
  readonly missedFaces: readonly MissedFace[]
  readonly pairs: readonly AlikePair[]
  readonly weak: readonly WeakPerson[]
}

/** Neighbours of a face: those of the rest that count for its shift, and some of its own person. */
const neighboursOfFace = maxRestRanks + 14

/** Examines a gallery with its own faces; see {@link GalleryReport}. */
export async function examineGallery(
  deps: Pick<RecognitionDependencies, 'gallery' | 'models' | 'store'>,
  name: string,
  { onProgress, signal }: LongOptions = {},
): Promise<GalleryReport> {
  const { gallery, models } = deps
  const collection = await gallery.collections.get(name)
  const { modelId, policy } = collection
  const curve = findCurve(models, modelId)
  const owners = await readFaceOwners(gallery, collection, signal)
  const { persons, faces } = owners
  const thresholds = computeThresholds(policy, curve, faces)
  const different = await readDifferent(deps, collection.id, owners)
  const outcomes = { found: 0, missed: 0, misnamed: 0 }
  const missedFaces: MissedFace[] = []
  const pairs = new Map<number, { similarity: number; faceIds: readonly [string, string] }>()
  const foundOf = new Uint32Array(persons.length)
  let done = 0
  const searched = { neighbours: neighboursOfFace, down: thresholds.match }
  for await (const some of eachNeighbourhood(deps, collection, searched)) {
    signal?.throwIfAborted()
    for (const { faceId, neighbours } of some) {
      const index = owners.personOf(faceId)
      if (index === undefined) continue
      const owned = neighbours.flatMap((one) => {
        const owner = owners.personOf(one.faceId)
        return owner === undefined ? [] : [{ ...one, owner, isOwn: owner === index }]
      })
      for (const one of owned) {
        if (one.similarity < thresholds.match) break
        if (one.isOwn) continue
        const [low, high] = [Math.min(index, one.owner), Math.max(index, one.owner)]
        const key = low * persons.length + high
        if (different.has(key) || (pairs.get(key)?.similarity ?? -2) >= one.similarity) continue
        const ids = index === low ? [faceId, one.faceId] : [one.faceId, faceId]
        pairs.set(key, { similarity: one.similarity, faceIds: ids as [string, string] })
      }
      const person = persons[index] as ExaminedPerson
      if (person.faces < 2) continue
      const sizes = { galleryFaces: faces, ownFaces: person.faces }
      const outcome = decideLeftOut({ policy, curve }, owned, sizes)
      outcomes[outcome]++
      if (outcome === 'found') {
        foundOf[index] = (foundOf[index] as number) + 1
        continue
      }
      const [nearest] = owned
      missedFaces.push({
        ...{ faceId, personId: person.id, outcome },
        ...(nearest && {
          nearest: {
            faceId: nearest.faceId,
            personId: (persons[nearest.owner] as ExaminedPerson).id,
            similarity: nearest.similarity,
          },
        }),
      })
    }
    done += some.length
    onProgress?.(done, Math.max(done, faces))
  }
  const weak = persons.flatMap((person, index): WeakPerson[] => {
    const weaknesses = weaknessesOf(person, foundOf[index] as number)
    return weaknesses.length === 0 ? [] : [{ personId: person.id, weaknesses }]
  })
  const difficulty =
    curve && (await gallery.difficulty.measure(collection, { curve, faces }))?.difficulty
  return {
    modelId,
    persons: persons.length,
    faces,
    thresholds,
    leftOut: { faces: outcomes.found + outcomes.missed + outcomes.misnamed, ...outcomes },
    alikePairs: pairs.size,
    weakPersons: weak.length,
    ...(difficulty && {
      difficulty,
      expectedFpir: expectedFpir(curve, thresholds, difficulty),
    }),
    missedFaces: missedFaces.sort(byNearest).slice(0, maxListed),
    pairs: [...pairs]
      .map(([key, pair]): AlikePair => {
        const [low, high] = [Math.floor(key / persons.length), key % persons.length]
        const ids = [low, high].map((index) => (persons[index] as ExaminedPerson).id)
        return { personIds: ids as [string, string], ...pair }
      })
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, maxListed),
    weak: weak.slice(0, maxListed),
  }
}

/** Faces that another person takes first, then those that look least like anybody's. */
function byNearest(a: MissedFace, b: MissedFace): number {
  if (a.outcome !== b.outcome) return a.outcome === 'misnamed' ? -1 : 1
  return (a.nearest?.similarity ?? -1) - (b.nearest?.similarity ?? -1)
}
