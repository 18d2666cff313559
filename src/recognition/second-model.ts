import { FaceError } from '../core/errors.ts'
import type { DecisionPolicy, DecisionPolicyPatch } from '../core/types.ts'
import type { LongOptions } from '../gallery/gallery.ts'
import { inParallel } from '../platform/concurrency/in-parallel.ts'
import type { Collection, CollectionModel } from '../storage/ports/collections.ts'
import type { FaceEmbedding, LackingFace } from '../storage/ports/second-models.ts'
import { modelsOf } from '../storage/rules/second-models.ts'
import { changeCollection } from './change-collection.ts'
import { compareModels, type ModelComparison } from './compare-models.ts'
import { findEmbedder, type RecognitionDependencies } from './dependencies.ts'
import { type EmbeddedCrop, embedStoredCrop } from './embed-crop.ts'
import { mergePolicy } from './merge-policy.ts'

/** A face that the second model has no embedding of. */
export interface UnfilledFace {
  readonly faceId: string
  readonly personId: string
  /** `noCrop`, `noFace`, `unreadableCrop`, or why the model cannot compare the face. */
  readonly reasons: readonly string[]
  readonly message: string
}

/** A part of the faces, after an attempt to fill them. */
export interface FilledPart {
  readonly filled: number
  readonly unfilled: readonly UnfilledFace[]
  /** Id of the last face of the part; absent when there was none left. */
  readonly next?: string
}

/**
 * A second model of a collection, which replaces the one that answers: begun, filled from the stored
 * crops, compared, switched to (and back), ended and erased. New faces get embeddings of both meanwhile,
 * and searches go on with the one that answers. The job `modelMigration` does all of it.
 */
export interface SecondModel {
  /**
   * Gives the collection a second model, where it has none. Embeddings that an earlier attempt left are
   * erased first.
   *
   * @param model.policy  changes to the collection's policy, whose thresholds set by hand do not hold
   *   for another model and are left out
   * @throws {FaceError} `collectionNotFound`, `unknownModel`, `modelNotInstalled`; `modelConflict` when it
   *   answers with this model, or has another second one; `invalidOption` for a policy that the model
   *   cannot keep
   */
  begin(
    collection: string,
    model: { readonly modelId: string; readonly policy?: DecisionPolicyPatch | undefined },
  ): Promise<Collection>
  /** How many faces have no embedding of the second model. @throws {FaceError} `collectionNotFound`, `modelConflict` */
  countLacking(collection: string): Promise<number>
  /**
   * Embeds the crops of the next faces without an embedding of the second model.
   *
   * @param options `after`: `next` of the part before
   * @throws {FaceError} `collectionNotFound`; `modelConflict` without a second model; `overloaded`, `aborted`
   */
  fill(
    collection: string,
    options?: { readonly after?: string | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<FilledPart>
  /** How the two models decide about the collection's own faces. @throws {FaceError} `collectionNotFound`, `modelConflict` */
  compare(collection: string, options?: LongOptions): Promise<ModelComparison>
  /**
   * Lets the second model answer from now on; the one that answered is the second then, so that doing it
   * again goes back. Nothing happens when `modelId` answers already.
   *
   * @param options `allowMissing`: also when faces have no embedding of it, which no search finds then
   * @throws {FaceError} `collectionNotFound`; `modelConflict` when it is not the second model, or faces
   *   have no embedding of it, with `missing` in `info`
   */
  switchTo(
    collection: string,
    modelId: string,
    options?: { readonly allowMissing?: boolean | undefined },
  ): Promise<Collection>
  /**
   * Ends the second model. What is kept of it goes with {@link erase}.
   *
   * @param modelId  of the second model; nothing happens when the collection has no second model
   * @throws {FaceError} `collectionNotFound`; `modelConflict` when it is another one, or the one that answers
   */
  end(collection: string, modelId: string): Promise<Collection>
  /**
   * Erases a part of the embeddings of a model that the collection does not have any more.
   *
   * @returns how many were erased; 0 when there are no more
   * @throws {FaceError} `collectionNotFound`, `modelConflict` when the collection has the model
   */
  erase(collection: string, modelId: string): Promise<number>
}

/** Faces that are embedded and stored together: their crops are a megabyte or two. */
const facesPerPart = 32
/** Embeddings erased in one transaction; 2 MB. */
const erasedAtOnce = 1000

/** Creates the use cases of second models. */
export function createSecondModel(deps: RecognitionDependencies): SecondModel {
  const { analyzer, gallery, models, isInstalled } = deps
  const { secondModels } = gallery

  async function getFilled(name: string): Promise<Filled> {
    const collection = await gallery.collections.get(name)
    const { second } = collection
    if (second !== undefined) return { ...collection, second }
    throw new FaceError('modelConflict', { detail: 'The collection has no second model.' })
  }

  async function erase(name: string, modelId: string): Promise<number> {
    const { id } = await gallery.collections.get(name)
    return secondModels.erase({ id, modelId }, erasedAtOnce)
  }

  async function fillFaces(
    { id, second }: Filled,
    faces: readonly LackingFace[],
    signal: AbortSignal | undefined,
  ): Promise<FilledPart> {
    const embedded = new Map<LackingFace, EmbeddedCrop>()
    await inParallel(faces, Math.max(1, analyzer.stats().workers), async (face) => {
      const { crop, confidence } = face
      embedded.set(
        face,
        crop === undefined
          ? { kind: 'rejected', reasons: ['noCrop'], message: 'No crop of the face is kept.' }
          : await embedStoredCrop(analyzer, second.modelId, { crop, confidence, signal }),
      )
    })
    const made: FaceEmbedding[] = []
    const unfilled: UnfilledFace[] = []
    for (const [{ faceId, personId }, result] of embedded) {
      if (result.kind === 'embedded') made.push({ faceId, embedding: result.embedding })
      else {
        const { reasons, message } = result
        unfilled.push({ faceId, personId, reasons, message })
      }
    }
    const set = { id, modelId: second.modelId }
    const filled = made.length === 0 ? 0 : await secondModels.fill(set, made)
    const next = faces.at(-1)?.faceId
    return { filled, unfilled, ...(next === undefined ? {} : { next }) }
  }

  return {
    erase,

    async begin(name, { modelId, policy }) {
      const collection = await gallery.collections.get(name)
      const model = findEmbedder(models, modelId)
      if (!(await isInstalled(model.id))) {
        throw new FaceError('modelNotInstalled', { info: { model: model.id } })
      }
      if (!modelsOf(collection).some((one) => one.modelId === model.id)) {
        while ((await erase(name, model.id)) > 0);
      }
      return secondModels.begin(collection.id, {
        ...{ modelId: model.id, dimension: model.dimension ?? 0 },
        policy: mergePolicy(deps, model.id, {
          ...{ current: withoutThresholds(collection.policy), patch: policy },
        }),
      })
    },

    async countLacking(name) {
      const { id, second } = await getFilled(name)
      return secondModels.countLacking({ id, modelId: second.modelId })
    },

    async fill(name, { after, signal } = {}) {
      const collection = await getFilled(name)
      const { id, second } = collection
      const faces = await secondModels.lacking(
        { id, modelId: second.modelId },
        { limit: facesPerPart, ...(after === undefined ? {} : { after }) },
      )
      return fillFaces(collection, faces, signal)
    },

    compare: async (name, options) => compareModels(deps, await getFilled(name), options),

    switchTo: (name, modelId, { allowMissing = false } = {}) =>
      changeCollection(gallery, name, async (was) => {
        if (was.modelId === modelId) return was
        if (was.second?.modelId !== modelId) {
          throw new FaceError('modelConflict', {
            detail: `${modelId} is not the second model of the collection.`,
          })
        }
        const missing = await secondModels.countLacking({ id: was.id, modelId })
        if (missing > 0 && !allowMissing) throw toMissing(missing, modelId)
        return secondModels.switchTo(was)
      }),

    end: (name, modelId) =>
      changeCollection(gallery, name, async (was) => {
        if (was.modelId === modelId) {
          throw new FaceError('modelConflict', { detail: `${modelId} is the model that answers.` })
        }
        if (was.second === undefined) return was
        if (was.second.modelId !== modelId) {
          throw new FaceError('modelConflict', {
            detail: `The second model of the collection is ${was.second.modelId}.`,
          })
        }
        return secondModels.end(was)
      }),
  }
}

type Filled = Collection & { readonly second: CollectionModel }

function toMissing(missing: number, modelId: string): FaceError {
  return new FaceError('modelConflict', {
    detail: `${missing} ${missing === 1 ? 'face has' : 'faces have'} no embedding of ${modelId}; no search would find ${missing === 1 ? 'it' : 'them'}.`,
    info: { missing },
  })
}

/** Similarities of one model say nothing about another. */
function withoutThresholds(policy: DecisionPolicy): DecisionPolicy {
  const { threshold: _, possibleThreshold: _possible, ...rates } = policy
  return rates
}
