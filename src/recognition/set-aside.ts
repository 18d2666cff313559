import { setImmediate } from 'node:timers/promises'
import { isFaceError } from '../core/errors.ts'
import { chooseRedundant } from '../core/face-set.ts'
import { eachPage } from '../storage/iterate.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { type Face, maxMovedFaces } from '../storage/ports/faces.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import type { FacesChanged, SetAsideOutcome, TakeBackOutcome } from '../storage/ports/set-aside.ts'
import { toEmbeddingRows } from '../storage/rules/embedding.ts'
import { createIdOf } from './collection-id.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { embedStoredCrop } from './embed-crop.ts'
import {
  assertCap,
  defaultFaceCap,
  maxComparedFaces,
  type PersonQualityOptions,
} from './examination/person-quality.ts'

/**
 * Which faces of a person are set aside: those that are named, 1 to 1,000, or those beyond `cap` that the
 * person can best do without.
 */
export type FacesToSetAside = { readonly faceIds: readonly string[] } | PersonQualityOptions

/** What became of faces that were to be put back. */
export interface FacesTakenBack extends FacesChanged<TakeBackOutcome> {
  /**
   * Ids of those that no search finds all the same: the collection answers with another model than when
   * they were set aside, and no crop is stored that this model can embed.
   */
  readonly missingEmbedding: readonly string[]
}

/** Faces of persons that no search finds until they are put back. */
export interface SetAside {
  /**
   * Sets faces of a person aside, as one change: they are out of every search, list and count, and stay
   * as long as the person is there. The face that shows the person, and faces that a rejection or a
   * confirmation was said of, are not among those that a cap chooses.
   *
   * @param options.dryRun  nothing is changed: the answer says what would be done
   * @throws {FaceError} `collectionNotFound`, `personNotFound`; `invalidOption` for a cap out of range, and
   *   for too many faces, none, or one twice
   */
  add(
    collection: string,
    personId: string,
    which: FacesToSetAside,
    options?: { readonly dryRun?: boolean },
  ): Promise<FacesChanged<SetAsideOutcome>>
  /**
   * A page of what is set aside of a person.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `invalidCursor`, `invalidOption`
   */
  list(collection: string, personId: string, options?: PageOptions): Promise<Page<Face>>
  /**
   * JPEG of a face that is set aside; `undefined` where none was stored.
   *
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `faceNotFound`
   */
  crop(collection: string, personId: string, faceId: string): Promise<Uint8Array | undefined>
  /**
   * Puts faces back, as one change. Where the collection answers with another model by now, their crops
   * are embedded.
   *
   * @param faceIds  1 to 1,000
   * @throws {FaceError} `collectionNotFound`, `personNotFound`, `invalidOption`
   */
  restore(collection: string, personId: string, faceIds: readonly string[]): Promise<FacesTakenBack>
}

type Dependencies = Pick<RecognitionDependencies, 'gallery' | 'analyzer'>

/** Creates the use cases of what is set aside. */
export function createSetAside(deps: Dependencies): SetAside {
  const { gallery } = deps
  const idOf = createIdOf(gallery)
  return {
    async add(name, personId, which, { dryRun = false } = {}) {
      if ('faceIds' in which) {
        return gallery.setAside.add(await idOf(name), personId, which.faceIds, { dryRun })
      }
      const { cap = defaultFaceCap } = which
      assertCap(cap)
      const collection = await gallery.collections.get(name)
      const faceIds = await chooseBeyond(deps, collection, { personId, cap })
      if (faceIds.length > 0) {
        return gallery.setAside.add(collection.id, personId, faceIds, { keep: cap, dryRun })
      }
      return { person: await gallery.persons.get(collection.id, personId), faces: [] }
    },
    list: async (name, personId, options) =>
      gallery.setAside.list(await idOf(name), personId, options),
    crop: async (name, personId, faceId) =>
      (await gallery.setAside.getCrop(await idOf(name), personId, faceId))?.bytes,
    async restore(name, personId, faceIds) {
      const id = await idOf(name)
      const done = await gallery.setAside.restore(id, personId, faceIds)
      const restored = done.faces.flatMap(({ faceId, outcome }) =>
        outcome === 'restored' ? [faceId] : [],
      )
      const collection = await gallery.collections.get(name)
      return { ...done, missingEmbedding: await embedMissing(deps, collection, restored) }
    },
  }
}

/** Ids of the faces beyond the cap that a person can best do without, the most redundant first; at most 1,000. */
async function chooseBeyond(
  { gallery }: Dependencies,
  collection: Collection,
  { personId, cap }: { readonly personId: string; readonly cap: number },
): Promise<readonly string[]> {
  const { id } = collection
  const { coverFaceId } = await gallery.persons.get(id, personId)
  let pool: string[] = []
  const load = (options: object) => gallery.faces.list(id, { ...options, personId })
  for await (const page of eachPage(load, { limit: maxMovedFaces })) {
    pool.push(...page.filter((face) => !face.missingEmbedding).map((face) => face.id))
  }
  const pinned = new Set(coverFaceId === undefined ? [] : [coverFaceId])
  const chosen: string[] = []
  while (pool.length > cap && chosen.length < maxMovedFaces) {
    // As many as can be compared with one another; of more, half of them go before the next ones come.
    const some = pool.slice(0, maxComparedFaces)
    const { faces: foretold } = await gallery.setAside.add(id, personId, some, { dryRun: true })
    for (const { faceId, outcome } of foretold) if (outcome !== 'setAside') pinned.add(faceId)
    const rows = toEmbeddingRows(await gallery.faces.getEmbeddings(collection, { faceIds: some }))
    const known = some.filter((faceId) => rows.has(faceId))
    const keep = pool.length > some.length ? Math.ceil(known.length / 2) : cap
    const redundant = chooseRedundant(
      known.map((faceId) => rows.get(faceId) as Float32Array),
      keep,
      new Set(known.flatMap((faceId, row) => (pinned.has(faceId) ? [row] : []))),
    ).map((row) => known[row] as string)
    if (redundant.length === 0) break
    chosen.push(...redundant.slice(0, pool.length - cap))
    const gone = new Set(redundant)
    pool = pool.filter((faceId) => !gone.has(faceId))
    await setImmediate()
  }
  return chosen.slice(0, maxMovedFaces)
}

/** Embeds what the model that answers has no embedding of. @returns ids of those that stay without */
async function embedMissing(
  { gallery, analyzer }: Dependencies,
  collection: Collection,
  faceIds: readonly string[],
): Promise<readonly string[]> {
  if (faceIds.length === 0) return []
  const { id, modelId } = collection
  const { faceIds: embedded } = await gallery.faces.getEmbeddings(collection, { faceIds })
  const missing: string[] = []
  for (const faceId of faceIds.filter((one) => !embedded.includes(one))) {
    const embedding = await embedFace({ gallery, analyzer }, collection, faceId)
    const filled =
      embedding && (await gallery.secondModels.fill({ id, modelId }, [{ faceId, embedding }]))
    if (!filled) missing.push(faceId)
  }
  return missing
}

async function embedFace(
  { gallery, analyzer }: Dependencies,
  { id, modelId }: Collection,
  faceId: string,
): Promise<Float32Array | undefined> {
  try {
    const { quality } = await gallery.faces.get(id, faceId)
    const crop = await gallery.faces.getCrop(id, faceId)
    if (crop === undefined) return undefined
    const confidence = quality?.confidence
    const made = await embedStoredCrop(analyzer, modelId, { crop, confidence })
    return made.kind === 'embedded' ? made.embedding : undefined
  } catch (error) {
    // The face is back; that it cannot be embedded here and now is told.
    if (isFaceError(error)) return undefined
    throw error
  }
}
