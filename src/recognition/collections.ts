import { patchConsentRule } from '../core/consent.ts'
import { FaceError } from '../core/errors.ts'
import { fnmrAtSimilarity } from '../core/fmr.ts'
import { expectedFpir } from '../core/gallery-difficulty.ts'
import { type KeepUnknown, type KeepUnknownPatch, patchKeepUnknown } from '../core/keep-unknown.ts'
import { computeThresholds } from '../core/policy.ts'
import { patchQualityGates } from '../core/quality-gates.ts'
import { patchRetention } from '../core/retention.ts'
import type { FmrCurve } from '../core/types.ts'
import type { DifficultyMeasurement } from '../gallery/gallery.ts'
import type { Collection, CollectionPatch, NewCollection } from '../storage/ports/collections.ts'
import { changeCollection } from './change-collection.ts'
import { findCurve, findEmbedder, type RecognitionDependencies } from './dependencies.ts'
import {
  type CollectionChanges,
  type CollectionDifficulty,
  defaultCollectionName,
  type FaceWatcher,
  type ThresholdForRate,
} from './face-watcher.ts'
import { mergePolicy } from './merge-policy.ts'

/** Creates the use cases of collections. A policy that cannot be kept is refused when it is set. */
export function createCollections(deps: RecognitionDependencies): FaceWatcher['collections'] {
  const { gallery, models, defaults } = deps
  return {
    async create({ name, modelId, policy, storeCrops = false, qualityGates = {}, ...given }) {
      const model = findEmbedder(models, modelId ?? defaults.embedderId)
      return gallery.collections.create({
        name,
        modelId: model.id,
        dimension: model.dimension ?? 0,
        policy: mergePolicy(deps, model.id, { current: defaults.policy, patch: policy }),
        storeCrops,
        qualityGates: patchQualityGates({}, qualityGates),
        ...toKept(deps, { modelId: model.id }, given.keepUnknown),
        ...toRules({}, given),
      })
    },
    async get(name, { difficulty = 'latest' } = {}) {
      const collection = await gallery.collections.get(name)
      const { persons, faces } = await gallery.collections.counts(collection.id)
      const curve = findCurve(models, collection.modelId)
      const thresholds = computeThresholds(collection.policy, curve, faces)
      const details = { ...collection, persons, faces, thresholds }
      if (curve === undefined || difficulty === 'none') return details
      const measured =
        difficulty === 'wait'
          ? await gallery.difficulty.measure(collection, { curve, faces })
          : gallery.difficulty.latest(collection, { curve, faces })
      if (measured === undefined) return details
      return { ...details, difficulty: describeDifficulty(measured, curve, thresholds) }
    },
    async thresholdsFor(name, rates) {
      const { id, modelId } = await gallery.collections.get(name)
      const { faces } = await gallery.collections.counts(id)
      const curve = findCurve(models, modelId)
      if (curve === undefined) {
        throw new FaceError('invalidOption', {
          detail: `Thresholds follow from rates by a measured FMR curve, and ${modelId} has none.`,
        })
      }
      const items = rates.map((maxFpir) => toThreshold(maxFpir, curve, faces))
      return { modelId, gallerySize: faces, items }
    },
    list: (options) => gallery.collections.list(options),
    async update(name, patch) {
      if (patch.name !== undefined && patch.name !== name) assertNotDefault(name, 'renamed')
      return changeCollection(gallery, name, (was) =>
        gallery.collections.update(was, toPatch(deps, was, patch)),
      )
    },
    async delete(name) {
      assertRemovable(name)
      await gallery.collections.delete(name)
    },
  }
}

/**
 * Checks that a collection may be deleted. The web page and the routes without a collection in their
 * address work on `default`, so it stays, and keeps its name.
 *
 * @throws {FaceError} `forbidden` for `default`
 */
export function assertRemovable(name: string): void {
  assertNotDefault(name, 'deleted; delete its persons instead')
}

function assertNotDefault(name: string, what: string): void {
  if (name !== defaultCollectionName) return
  throw new FaceError('forbidden', {
    detail: `The collection "${defaultCollectionName}" cannot be ${what}.`,
  })
}

function toPatch(
  deps: RecognitionDependencies,
  was: Collection,
  { name, policy, storeCrops, qualityGates, ...given }: CollectionChanges,
): CollectionPatch {
  const { modelId, policy: current, qualityGates: gates = {} } = was
  return {
    ...(name === undefined ? {} : { name }),
    ...(policy && { policy: mergePolicy(deps, modelId, { current, patch: policy }) }),
    ...(storeCrops === undefined ? {} : { storeCrops }),
    ...(qualityGates && { qualityGates: patchQualityGates(gates, qualityGates) }),
    ...toKept(deps, was, given.keepUnknown),
    ...toRules(was, given),
  }
}

/** What a collection makes of consents, and when its people are erased. @throws {FaceError} `invalidOption` */
function toRules(
  was: Pick<Collection, 'consent' | 'retention'>,
  { consent, retention }: Pick<CollectionChanges, 'consent' | 'retention'>,
): Pick<NewCollection, 'consent' | 'retention'> {
  // `null` takes a former value away.
  const rules = {
    ...(consent === undefined ? {} : { consent: patchConsentRule(was.consent, consent) }),
    ...(retention === undefined ? {} : { retention: patchRetention(was.retention, retention) }),
  }
  return rules as Pick<NewCollection, 'consent' | 'retention'>
}

/** @throws {FaceError} `invalidOption` also for a model without a curve, which strangers are told apart by */
function toKept(
  { models, defaults }: RecognitionDependencies,
  { modelId, keepUnknown: current }: Pick<Collection, 'modelId' | 'keepUnknown'>,
  patch: KeepUnknownPatch | undefined,
): { readonly keepUnknown?: KeepUnknown } {
  if (patch === undefined) return {}
  const keepUnknown = patchKeepUnknown(current, patch, defaults.keepUnknown)
  if (keepUnknown !== null && findCurve(models, modelId) === undefined) {
    throw new FaceError('invalidOption', {
      detail: `keepUnknown needs a measured FMR curve, and ${modelId} has none.`,
    })
  }
  return { keepUnknown } as { readonly keepUnknown?: KeepUnknown }
}

function toThreshold(maxFpir: number, curve: FmrCurve, gallerySize: number): ThresholdForRate {
  // `possible` is not told, so that its rate does not matter.
  const policy = { maxFpir, possibleFpir: maxFpir }
  const { match, fmr = 0, extrapolated } = computeThresholds(policy, curve, gallerySize)
  return { maxFpir, threshold: match, fmr, extrapolated, fnmr: fnmrAtSimilarity(curve, match) }
}

function describeDifficulty(
  { faces, persons, pairs, difficulty }: DifficultyMeasurement,
  curve: FmrCurve,
  search: Parameters<typeof expectedFpir>[1],
): CollectionDifficulty {
  if (difficulty === undefined) return { faces, persons, pairs }
  return { faces, persons, ...difficulty, expectedFpir: expectedFpir(curve, search, difficulty) }
}
