import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import { chooseRedundant, computeStandings } from '../../core/face-set.ts'
import { similarityAtFmr } from '../../core/fmr.ts'
import { decideLeftOut } from '../../core/left-out.ts'
import { maxPossibleFmr } from '../../core/policy.ts'
import { maxRestRanks } from '../../core/probe-shift.ts'
import { dotProduct } from '../../core/similarity.ts'
import { eachPage } from '../../storage/iterate.ts'
import type { Face } from '../../storage/ports/faces.ts'
import { toEmbeddingRows } from '../../storage/rules/embedding.ts'
import { findCurve, type RecognitionDependencies } from '../dependencies.ts'
import { isFacing } from './face-owners.ts'
import { adviseOnPerson, type PersonWeakness, weaknessesOf } from './weakness.ts'

/** A face among the other faces of its person. */
export interface FaceQuality {
  readonly faceId: string
  /** Cosine to the mean of the others; absent for the only face. */
  readonly similarity?: number
  /** The other face that is nearest, and its cosine; absent for the only face. */
  readonly nearest?: { readonly faceId: string; readonly similarity: number }
  /**
   * Neither the nearest of the others nor their mean is as similar as `outlierBelow`: perhaps it is
   * somebody else.
   */
  readonly outlier: boolean
  /** Whether a search for it finds the person by the others; absent for the only face. */
  readonly found?: boolean
  /** Whether it looks at the camera, as far as is known. */
  readonly facing: boolean
}

/** Two photographs of a person that are nearly one. */
export interface NearDuplicate {
  readonly faceIds: readonly [string, string]
  readonly similarity: number
}

/** How well a person's faces serve to find the person. */
export interface PersonQuality {
  readonly personId: string
  readonly modelId: string
  /** Those with an embedding of the model, outliers first: least similar to the others first. */
  readonly faces: readonly FaceQuality[]
  /** Ids of faces without an embedding of the model, which no search finds. */
  readonly missingEmbedding: readonly string[]
  /**
   * The similarity that one stranger in a thousand reaches, by the model's FMR curve; without a curve
   * 0.30, the field's rule of thumb.
   */
  readonly outlierBelow: number
  /** Most alike first, at most 100. */
  readonly nearDuplicates: readonly NearDuplicate[]
  /**
   * Ids of the faces beyond the cap that the person can best do without, the most redundant first; never
   * the one that shows the person.
   */
  readonly redundant: readonly string[]
  /** Empty for a person who is found as well as can be. */
  readonly weaknesses: readonly PersonWeakness[]
  /** Which photograph would help most, a plain sentence; absent without a weakness. */
  readonly advice?: string
}

/** How the faces of a person are examined. */
export interface PersonQualityOptions {
  /** How many faces a person is to have at most, 1 to 200. Default 40. */
  readonly cap?: number | undefined
}

/** As many as other programs keep of a person; the mean of 32 is what a search uses. */
export const defaultFaceCap = 40
/** Most faces of a person that are compared with one another; the earliest. */
export const maxComparedFaces = 200
/** Two photographs of one person of LFW reach it in 1 of 3,800 pairs (mobilefacenet): copies, crops, the next frame. */
export const nearDuplicateSimilarity = 0.95
const listedDuplicates = 100
/** Cosine below which a face is an outlier where no curve tells better; Frigate's rule. */
const outlierWithoutCurve = 0.3
const searchedTogether = 64

/** @throws {FaceError} `invalidOption` for a cap out of range */
export function assertCap(cap: number): void {
  if (Number.isInteger(cap) && cap >= 1 && cap <= maxComparedFaces) return
  throw new FaceError('invalidOption', {
    detail: `cap must be a whole number from 1 to ${maxComparedFaces}, got ${cap}.`,
  })
}

/**
 * Examines the faces of a person.
 *
 * @throws {FaceError} `collectionNotFound`, `personNotFound`; `invalidOption` for a cap out of range
 */
export async function examinePerson(
  { gallery, models }: Pick<RecognitionDependencies, 'gallery' | 'models'>,
  { name, personId }: { readonly name: string; readonly personId: string },
  { cap = defaultFaceCap }: PersonQualityOptions = {},
): Promise<PersonQuality> {
  assertCap(cap)
  const collection = await gallery.collections.get(name)
  const { modelId, policy } = collection
  const { coverFaceId } = await gallery.persons.get(collection.id, personId)
  const faces = await readFaces(gallery, { collectionId: collection.id, personId })
  const faceIds = faces.map(({ id }) => id)
  const rows = toEmbeddingRows(await gallery.faces.getEmbeddings(collection, { faceIds }))
  const known = faces.filter(({ id }) => rows.has(id))
  const vectors = known.map(({ id }) => rows.get(id) as Float32Array)
  const curve = findCurve(models, modelId)
  const outlierBelow = curve ? similarityAtFmr(curve, maxPossibleFmr).value : outlierWithoutCurve
  const standings = known.length > 1 ? computeStandings(vectors) : []
  await setImmediate()
  const { faces: galleryFaces } = await gallery.collections.counts(collection.id)
  const own = new Set(faceIds)
  const found: boolean[] = []
  if (known.length > 1) {
    for (let from = 0; from < known.length; from += searchedTogether) {
      const some = known.slice(from, from + searchedTogether)
      const probes = new Float32Array(some.length * collection.dimension)
      for (const [i, { id }] of some.entries()) {
        probes.set(rows.get(id) as Float32Array, i * collection.dimension)
      }
      const lists = await gallery.searchFaces(collection, probes, maxRestRanks + faces.length + 1)
      for (const [i, { id }] of some.entries()) {
        const neighbours = (lists[i] ?? [])
          .filter(({ faceId }) => faceId !== id)
          .map(({ faceId, similarity }) => ({ similarity, isOwn: own.has(faceId) }))
        const sizes = { galleryFaces, ownFaces: faces.length }
        found.push(decideLeftOut({ policy, curve }, neighbours, sizes) === 'found')
      }
    }
  }
  const examined = known.map((face, i): FaceQuality => {
    const standing = standings[i]
    const common = { faceId: face.id, facing: isFacing(face) }
    if (standing === undefined) return { ...common, outlier: false }
    const { toMean, nearest, toNearest } = standing
    return {
      ...common,
      similarity: toMean,
      nearest: { faceId: (known[nearest] as Face).id, similarity: toNearest },
      outlier: Math.max(toMean, toNearest) < outlierBelow,
      found: found[i] as boolean,
    }
  })
  examined.sort((a, b) => (a.similarity ?? 1) - (b.similarity ?? 1))
  const cover = new Set([known.findIndex(({ id }) => id === coverFaceId)])
  const weaknesses = weaknessesOf(
    {
      faces: known.length,
      severalImages: new Set(known.map(({ imageHash }) => imageHash)).size !== 1,
      facing: known.length === 0 ? 1 : known.filter(isFacing).length,
    },
    found.filter(Boolean).length,
  )
  const advice = adviseOnPerson(weaknesses)
  return {
    personId,
    modelId,
    faces: examined,
    missingEmbedding: faces.filter(({ id }) => !rows.has(id)).map(({ id }) => id),
    outlierBelow,
    nearDuplicates: findDuplicates(known, vectors),
    redundant: chooseRedundant(vectors, cap, cover).map((row) => (known[row] as Face).id),
    weaknesses,
    ...(advice === undefined ? {} : { advice }),
  }
}

async function readFaces(
  gallery: Pick<RecognitionDependencies['gallery'], 'faces'>,
  { collectionId, personId }: { readonly collectionId: string; readonly personId: string },
): Promise<readonly Face[]> {
  const found: Face[] = []
  const load = (options: object) => gallery.faces.list(collectionId, { ...options, personId })
  for await (const page of eachPage(load, { limit: maxComparedFaces })) {
    found.push(...page)
    if (found.length >= maxComparedFaces) break
  }
  return found.slice(0, maxComparedFaces)
}

function findDuplicates(
  faces: readonly Face[],
  vectors: readonly Float32Array[],
): readonly NearDuplicate[] {
  const pairs: NearDuplicate[] = []
  for (const [i, a] of vectors.entries()) {
    for (let j = 0; j < i; j++) {
      const similarity = dotProduct(a, vectors[j] as Float32Array)
      if (similarity < nearDuplicateSimilarity) continue
      pairs.push({ faceIds: [(faces[j] as Face).id, (faces[i] as Face).id], similarity })
    }
  }
  return pairs.sort((a, b) => b.similarity - a.similarity).slice(0, listedDuplicates)
}
