import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeyExpiryWarner } from '../access/key-expiry.ts'
import { createKeys } from '../access/keys.ts'
import type { Config } from '../config/config.ts'
import { FaceError, isFaceError } from '../core/errors.ts'
import { resolveQualityGates } from '../core/quality-gates.ts'
import { computeModelFingerprint } from '../evaluation/fingerprint.ts'
import { createGallery } from '../gallery/gallery.ts'
import { createTrashKeeper } from '../gallery/trash-keeper.ts'
import type { HttpServices } from '../http/types.ts'
import {
  createModelInstaller,
  type InstallProgress,
  type ModelInstaller,
} from '../models/install.ts'
import { findModel, findParts, loadManifest } from '../models/manifest.ts'
import type { Manifest, ModelRecord } from '../models/manifest-types.ts'
import type { Logger } from '../platform/logger.ts'
import { defaultCollectionName, type FaceWatcher } from '../recognition/face-watcher.ts'
import { createUseCases } from '../recognition/use-cases.ts'
import { version } from '../version.ts'
import { createAnalyzer } from '../vision/analyzer/analyzer.ts'
import type { Analyzer } from '../vision/analyzer/analyzer-types.ts'
import { detectorId } from '../vision/pipeline/detectors/detector.ts'
import { composeSignIn } from './access.ts'
import { composeJobs } from './jobs.ts'
import { assertIndexKind, createDataDir, openIndexProvider, openStore } from './storage.ts'

const dayMs = 24 * 3_600_000

/** Called while missing models are installed. */
export type OnInstallProgress = (progress: InstallProgress) => void

export interface ComposeModelsOptions {
  readonly onProgress?: OnInstallProgress
  /** Ends an installation; what was finished stays. */
  readonly signal?: AbortSignal
}

export interface ComposedModels {
  readonly manifest: Manifest
  readonly installer: ModelInstaller
}

/**
 * The models of the data directory, which is created when it is not there.
 *
 * @throws {FaceError} `dataDirUnusable`
 */
export async function composeModels(
  config: Config,
  options: ComposeModelsOptions = {},
): Promise<ComposedModels> {
  createDataDir(config.dataDir)
  const manifest = await loadManifest({ dataDir: config.dataDir })
  const { onProgress, signal } = options
  const installer = createModelInstaller({
    dataDir: config.dataDir,
    manifest,
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  })
  return { manifest, installer }
}

export interface ComposeOptions extends ComposeModelsOptions {
  /** Default: no log. */
  readonly logger?: Logger
  /**
   * For a command that soon ends, perhaps while a server uses the same data directory: an index is
   * loaded when it is used, and the server's snapshots are left alone. Default false.
   */
  readonly shortLived?: boolean
  /** Install the models that are needed and not there. Default true. */
  readonly installMissing?: boolean
  /**
   * Whether the analyzer may take the bytes of images away from the caller, as in
   * {@link import('../vision/analyzer/analyzer.ts').AnalyzerOptions.takesImages}. Default false.
   */
  readonly takesImages?: boolean
}

export interface ComposedVision extends ComposedModels {
  readonly analyzer: Analyzer
  /** Worker threads of the analyzer. */
  readonly workers: number
  /** Identifies the built files of the detector and an embedder. */
  fingerprint(embedder: string): Promise<string>
  close(): Promise<void>
}

/**
 * Models and analyzer, without a gallery.
 *
 * @throws {FaceError} `dataDirUnusable`, `unknownModel`, `modelInstallFailed`, `invalidOption`
 */
export async function composeVision(
  config: Config,
  options: ComposeOptions & {
    readonly embedders?: readonly string[]
    /** `false`: nobody judges faces, so that a new judge can learn from them. Default true. */
    readonly judges?: boolean
  } = {},
): Promise<ComposedVision> {
  const { installMissing = true, embedders = [config.models.embedder], judges = true } = options
  const { takesImages = false } = options
  const models = await composeModels(config, options)
  assertDetector(models.manifest, config.models.detector)
  if (installMissing) {
    await models.installer.upgrade()
    await models.installer.install([config.models.detector, ...embedders])
  }
  const modelsDir = join(config.dataDir, 'models')
  const workers =
    config.analyzer.workers === 'auto' ? availableParallelism() : config.analyzer.workers
  const analyzer = createLazyAnalyzer(workers, () =>
    createAnalyzer({
      modelsDir,
      manifest: judges ? models.manifest.models : models.manifest.models.map(withoutJudge),
      workers,
      maxQueue: config.analyzer.maxQueue,
      limits: config.limits,
      detector: config.detector,
      takesImages,
    }),
  )
  return {
    ...models,
    analyzer,
    workers,
    fingerprint: async (embedder) => {
      const built = findParts(models.manifest, embedder)
      const ids = built.map(({ id }) => id)
      const { parts, judge } = findModel(models.manifest, embedder)
      const inputs = built.map(({ input }) => input)
      const program = JSON.stringify([version(), parts, inputs, judges ? judge : undefined])
      return computeModelFingerprint(modelsDir, [config.models.detector, ...ids], program)
    },
    close: () => analyzer.close(),
  }
}

/** @throws {FaceError} `invalidConfig` when the model cannot find faces, instead of using another one */
function assertDetector({ models }: Manifest, id: string): void {
  if (id === detectorId) return
  const record = models.find((model) => model.id === id)
  const what = record === undefined ? 'no model' : `a model of another kind (${record.task})`
  throw new FaceError('invalidConfig', {
    detail: `models.detector: ${JSON.stringify(id)} is ${what}; expected ${detectorId}.`,
  })
}

function withoutJudge({ judge: _, ...model }: ModelRecord): ModelRecord {
  return model
}

/** Starts the worker threads at the first image: listing persons needs none. */
function createLazyAnalyzer(workers: number, create: () => Analyzer): Analyzer {
  let started: Analyzer | undefined
  let closed = false
  const start = () => {
    if (closed) throw new FaceError('notReady')
    started ??= create()
    return started
  }
  return {
    analyze: async (image, options) => start().analyze(image, options),
    embedCrop: async (crop, options) => start().embedCrop(crop, options),
    warmUp: async (embedder) => start().warmUp(embedder),
    stats: () => started?.stats() ?? { workers, queued: 0, running: 0, completed: 0, busyMs: 0 },
    close: async () => {
      closed = true
      await started?.close()
    },
  }
}

/** The use cases with everything they need. */
export interface Composition extends HttpServices {
  readonly installer: ModelInstaller
  readonly analyzer: Analyzer
  /** Worker threads of the analyzer. */
  readonly workers: number
  close(): Promise<void>
}

/**
 * Picks and connects the adapters that the configuration names. On the first start it creates the
 * data directory (for its owner only) and the collection `default`, bound to the configured model.
 *
 * @throws {FaceError} `indexKindUnavailable`, `dataDirUnusable`, `unknownModel`, `modelInstallFailed`,
 *   and the store's errors
 */
export async function composeFaceWatcher(
  config: Config,
  options: ComposeOptions = {},
): Promise<Composition> {
  await assertIndexKind(config)
  const vision = await composeVision(config, options)
  const { analyzer, installer, workers } = vision
  return closeOnFailure(analyzer, async () => {
    const services = await composeUseCases(config, vision, options)
    const { faceWatcher } = services
    await closeOnFailure(faceWatcher, () => createDefaultCollection(faceWatcher))
    return { ...services, installer, analyzer, workers, close: () => faceWatcher.close() }
  })
}

async function composeUseCases(
  config: Config,
  vision: ComposedVision,
  { logger, shortLived = false }: ComposeOptions,
): Promise<HttpServices> {
  const store = await openStore(config, logger)
  const signIn = await closeOnFailure(store, async () =>
    composeSignIn(config, { store, logger, shortLived }),
  )
  const provider = await closeOnFailure(store, () =>
    openIndexProvider(config, logger, { ownsDataDir: !shortLived }),
  )
  const { pollMs } = config.sync
  const load = shortLived ? 'used' : 'all'
  const gallery = await closeOnFailure(store, () =>
    closeOnFailure(provider, () => createGallery({ store, provider, pollMs, load, logger })),
  )
  const faceWatcher = createUseCases({
    analyzer: vision.analyzer,
    logger,
    gallery,
    store,
    models: vision.manifest.models,
    isInstalled: (id) => vision.installer.isInstalled(id),
    undoable: config.history.undoDays > 0,
    strangers: { background: !shortLived, ...(logger === undefined ? {} : { logger }) },
    defaults: {
      detectorId: config.models.detector,
      embedderId: config.models.embedder,
      detector: config.detector,
      qualityGates: resolveQualityGates({}, config.quality),
      policy: config.policy,
      keepUnknown: config.strangers,
    },
  })
  const { workers } = vision
  const service = composeJobs(config, {
    ...{ store, faceWatcher, workers, shortLived, logger },
    analyzer: vision.analyzer,
    manifest: vision.manifest,
  })
  const trash = createTrashKeeper({
    ...{ history: store.history, logger, ...(shortLived ? { everyMs: 0 } : {}) },
    undoMs: config.history.undoDays * dayMs,
    keepMs: config.history.keepDays * dayMs,
  })
  const keys = createKeys({ store })
  const warned =
    logger === undefined || shortLived
      ? faceWatcher
      : closeAfter(createKeyExpiryWarner({ keys, logger }), faceWatcher)
  return {
    faceWatcher: closeAfter(signIn.sessions, closeAfter(trash, closeAfter(service, warned))),
    ...signIn,
    answers: store.answers,
    keys,
    jobs: service.jobs,
  }
}

/** The same use cases; what works with them is closed before them. */
function closeAfter(first: { close(): Promise<void> }, faceWatcher: FaceWatcher): FaceWatcher {
  const close = async () => {
    try {
      await first.close()
    } finally {
      await faceWatcher.close()
    }
  }
  return { ...faceWatcher, as: (context) => ({ ...faceWatcher.as(context), close }), close }
}

/** Closes what was opened when the next step fails, and throws that step's error. */
async function closeOnFailure<T>(
  opened: { close(): Promise<void> },
  next: () => Promise<T>,
): Promise<T> {
  try {
    return await next()
  } catch (error) {
    await opened.close().catch(() => {})
    throw error
  }
}

async function createDefaultCollection(faceWatcher: FaceWatcher): Promise<void> {
  try {
    await faceWatcher.collections.get(defaultCollectionName, { difficulty: 'none' })
  } catch (error) {
    if (!isFaceError(error, 'collectionNotFound')) throw error
    await faceWatcher.collections.create({ name: defaultCollectionName }).catch((clash) => {
      // Another process started at the same moment.
      if (!isFaceError(clash, 'collectionExists')) throw clash
    })
  }
}

/** The folder into which the build puts the web page. */
export function webRoot(): string {
  return fileURLToPath(new URL('../web', import.meta.url))
}
