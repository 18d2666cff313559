import { isFaceError } from '../core/errors.ts'
import type { GalleryHealth } from '../gallery/gallery.ts'
import { findDownload } from '../models/download.ts'
import type { ModelRecord } from '../models/manifest-types.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import type { FaceWatcher, ModelStatus, Readiness, Status } from './face-watcher.ts'
import type { StrangerKeeper } from './strangers/keeper.ts'

/** What is known of a model, in the shape that HTTP and the command line show. */
export function toModelStatus(
  model: ModelRecord,
  {
    models,
    installed,
    isDefault,
  }: Pick<ModelStatus, 'installed' | 'isDefault'> & {
    /** All of the manifest. */
    readonly models: readonly ModelRecord[]
  },
): ModelStatus {
  const { id, task, title, license, trainingData, notes, dimension, accuracy, speed } = model
  const download = findDownload({ models }, id)
  return {
    ...{ id, task, title, installed, installable: download !== undefined },
    ...(download?.bytes === undefined ? {} : { downloadBytes: download.bytes }),
    ...{ isDefault, license, trainingData, notes },
    ...(dimension === undefined ? {} : { dimension }),
    ...(accuracy === undefined
      ? {}
      : {
          lfwAccuracy: accuracy.lfwAccuracy,
          tmrAtFmr1e4: accuracy.tmrAtFmr1e4,
          fnirAtFpir1e2: accuracy.fnirAtFpir1e2,
        }),
    ...(speed === undefined ? {} : { msPerFace: speed.msPerFace }),
  }
}

/** Creates the list of models with what was measured of them. */
export function createModels({
  models,
  isInstalled,
  defaults,
}: RecognitionDependencies): FaceWatcher['models'] {
  return () =>
    Promise.all(
      models.map(async (model) =>
        toModelStatus(model, {
          models,
          installed: await isInstalled(model.id),
          isDefault:
            model.id === (model.task === 'embedder' ? defaults.embedderId : defaults.detectorId),
        }),
      ),
    )
}

function describeIndex(failure: unknown): string {
  if (failure === undefined || isFaceError(failure, 'notReady')) return 'The index is being loaded.'
  // A fault's own words are for the log only.
  if (isFaceError(failure) && failure.kind !== 'fault') return failure.message
  return 'The index could not be loaded; the log says why.'
}

/** Longer than a poll, a change of the primary or a page of changes takes; ms. */
const maxBehindMs = 30_000

/** @param held  what the gallery says of itself; undefined when it cannot be read */
async function toReadiness(
  { analyzer, isInstalled, defaults }: RecognitionDependencies,
  held: GalleryHealth | undefined,
): Promise<Readiness> {
  const reasons: string[] = []
  for (const id of [defaults.detectorId, defaults.embedderId]) {
    if (!(await isInstalled(id))) reasons.push(`The model ${id} is not installed.`)
  }
  if (held === undefined) reasons.push('The gallery cannot be read.')
  else if (!held.ready) reasons.push(describeIndex(held.failure))
  else if (held.indexBehindMs > maxBehindMs) {
    reasons.push(`The index has not followed the gallery for ${held.indexBehindMs} ms.`)
  }
  // One that dies while it starts is not replaced, and images would only be refused.
  if (analyzer.stats().workers === 0) {
    reasons.push('No worker that analyses images runs; the log says why.')
  }
  return {
    ready: reasons.length === 0,
    reasons,
    changeLag: held?.changeLag ?? 0,
    indexBehindMs: held?.indexBehindMs ?? 0,
  }
}

/** Creates the use case that tells whether the service can work. */
export function createReadiness(deps: RecognitionDependencies): FaceWatcher['readiness'] {
  return async () => toReadiness(deps, await deps.gallery.health().catch(() => undefined))
}

/** Creates the use case that tells whether the service can work, and what it holds. */
export function createStatus(
  deps: RecognitionDependencies,
  keeper: Pick<StrangerKeeper, 'stats'>,
): FaceWatcher['status'] {
  const { analyzer, gallery } = deps
  return async (): Promise<Status> => {
    const held = await gallery.stats().catch(() => undefined)
    const { workers, queued, running } = analyzer.stats()
    return {
      ...(await toReadiness(deps, held)),
      collections: held?.collections ?? 0,
      persons: held?.persons ?? 0,
      faces: held?.faces ?? 0,
      indexRebuilds: held?.failureCounts.rebuilds ?? 0,
      snapshotFailures: held?.failureCounts.snapshotFailures ?? 0,
      workers,
      queued,
      running,
      sightings: keeper.stats(),
    }
  }
}
