import { availableParallelism } from 'node:os'
import { FaceError } from '../../core/errors.ts'
import type { ModelRecord } from '../../models/manifest-types.ts'
import { disableRuntimeTelemetry } from '../../platform/telemetry.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import { resolveDetectorOptions } from '../pipeline/detectors/detector.ts'
import type { ImageLimits } from '../pipeline/image-limits.ts'
import {
  assertByteLength,
  defaultImageMemoryBytes,
  defaultImageTimeoutMs,
} from '../pipeline/image-limits.ts'
import { createMemoryBudgetKeeper } from '../pipeline/memory-budget.ts'
import type { PipelineModel, PipelineSettings } from '../pipeline/pipeline-settings.ts'
import type { Analyzer, DetectorOptions } from './analyzer-types.ts'
import { createCrowdWatch } from './crowd-watch.ts'
import { createMultiThreadedWorker } from './multi-threaded-worker.ts'
import { shareSettings } from './shared-settings.ts'
import { createWorkerPool } from './worker-pool.ts'

export interface AnalyzerOptions {
  /** Holds one folder a model, named by its id. */
  readonly modelsDir: string
  readonly manifest: readonly ModelRecord[]
  /** Worker threads, >= 1. Default: as many as cores. */
  readonly workers?: number
  /** Images that may wait beyond those being worked on, >= 1. Default: 16 a worker. */
  readonly maxQueue?: number
  readonly limits: ImageLimits
  /** Used where a request leaves an option out. */
  readonly detector?: DetectorOptions
  /**
   * Images that own their buffer go to a worker without a copy and are empty afterwards, for callers
   * that read each image for one request. Default false: an image stays its caller's, at the price of
   * a copy, a tenth of a millisecond for 100 kB.
   */
  readonly takesImages?: boolean
  /** Another worker file, for tests of what happens when a worker dies. */
  readonly workerFile?: URL
}

/** Confidence of a face of which only its crop is known: surely a face, as those that are enrolled. */
const assumedConfidence = 0.999
const queuedPerWorker = 16
/** A warm-up goes to whichever worker is free, so one round may miss a busy worker. */
const warmUpRounds = 5

/**
 * Starts worker threads that turn images into faces. Each loads its networks when it first needs
 * them, or at {@link Analyzer.warmUp}, and keeps them.
 *
 * @throws {FaceError} `invalidOption` when a default of the detector, `workers` or `maxQueue` is not allowed
 */
export function createAnalyzer(options: AnalyzerOptions): Analyzer {
  disableRuntimeTelemetry()
  resolveDetectorOptions(options.detector)
  const workers = options.workers ?? availableParallelism()
  const maxQueue = options.maxQueue ?? queuedPerWorker * workers
  assertCount('workers', workers)
  assertCount('maxQueue', maxQueue)
  const base: PipelineSettings = {
    modelsDir: options.modelsDir,
    models: options.manifest.map(toPipelineModel),
    limits: options.limits,
  }
  const file = options.workerFile ?? workerUrl(import.meta.url, '../pipeline/worker.js')
  const budget = createMemoryBudgetKeeper(
    options.limits.maxImageMemoryBytes ?? defaultImageMemoryBytes,
  )
  const taskTimeoutMs = options.limits.imageTimeoutMs ?? defaultImageTimeoutMs
  const pool = createWorkerPool({ file, workers, maxQueue, budget, taskTimeoutMs })
  const settings = shareSettings(base)
  const shared = { settings, pool }
  const multiThreaded = createMultiThreadedWorker(file, base, { workers, budget, taskTimeoutMs })
  const onExit = () => {
    pool.holdForExit()
    multiThreaded?.pool.holdForExit()
  }
  process.on('exit', onExit)
  const crowd = createCrowdWatch()

  return {
    async analyze(image, { detector, embedder, crops = false, signal } = {}) {
      const request = {
        detector: resolveDetectorOptions(detector, options.detector),
        crops,
        ...(embedder === undefined ? {} : { embedder }),
      }
      if (embedder !== undefined) assertEmbedder(options.manifest, embedder)
      assertByteLength(image, options.limits)
      const bytes = toTransferable(image, options.takesImages ?? false)
      const running = pool.stats().running + (multiThreaded?.pool.stats().running ?? 0)
      const isAlone = crowd.comesAlone(running) && embedder !== undefined
      const target = isAlone && multiThreaded?.isReady(embedder) ? multiThreaded : shared
      const answer = await target.pool.post(
        {
          settings: target.settings,
          queuedAt: now(),
          work: { kind: 'analyze', image: bytes, request },
        },
        { signal, transferList: [bytes.buffer] },
      )
      if (answer.kind !== 'analysis') throw new FaceError('internal')
      return answer.analysis
    },
    async embedCrop(crop, { embedder, detector, confidence = assumedConfidence, signal }) {
      assertEmbedder(options.manifest, embedder)
      assertByteLength(crop.bytes, options.limits)
      const request = {
        ...{ embedder, confidence },
        detector: resolveDetectorOptions(detector, options.detector),
        ...(crop.place === undefined ? {} : { place: crop.place }),
      }
      const image = toTransferable(crop.bytes, false)
      const answer = await pool.post(
        { settings, queuedAt: now(), work: { kind: 'embedCrop', image, request } },
        { signal, transferList: [image.buffer] },
      )
      if (answer.kind !== 'face') throw new FaceError('internal')
      return answer.face
    },
    async warmUp(embedder) {
      assertEmbedder(options.manifest, embedder)
      const warm = new Set<string>()
      for (let round = 0; round < warmUpRounds && warm.size < workers; round++) {
        const posts = Array.from({ length: workers }, () =>
          pool.post({ settings, queuedAt: now(), work: { kind: 'warmUp', embedder } }),
        )
        for (const { workerId } of await Promise.all(posts)) warm.add(workerId)
      }
    },
    stats() {
      const { workers, queued, running, completed, busyMs } = pool.stats()
      const alone = multiThreaded?.pool.stats()
      return {
        workers,
        queued,
        running: running + (alone?.running ?? 0),
        completed: completed + (alone?.completed ?? 0),
        // It works on several cores.
        busyMs: busyMs + workers * (alone?.busyMs ?? 0),
      }
    },
    async close() {
      await Promise.all([pool.close(), multiThreaded?.pool.close()])
      process.off('exit', onExit)
    },
  }
}

/** Milliseconds since the epoch, the same in every thread. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

function toPipelineModel(record: ModelRecord): PipelineModel {
  const { id, files, dimension, input, parts, judge } = record
  return {
    id,
    files,
    ...(dimension === undefined ? {} : { dimension }),
    ...(input === undefined ? {} : { input }),
    ...(judge === undefined ? {} : { judge }),
    ...(parts === undefined ? {} : { parts }),
  }
}

/** Bytes with a buffer of their own, which can be transferred: copied unless they may be taken and have one. */
function toTransferable(image: Uint8Array, takesImages: boolean): Uint8Array<ArrayBuffer> {
  const { buffer } = image
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === image.byteLength
  return takesImages && isWhole ? (image as Uint8Array<ArrayBuffer>) : new Uint8Array(image)
}

function assertEmbedder(manifest: readonly ModelRecord[], id: string): void {
  if (manifest.some((model) => model.id === id && model.task === 'embedder')) return
  const known = manifest.filter((model) => model.task === 'embedder').map((model) => model.id)
  throw new FaceError('unknownModel', {
    detail: `Embedders are: ${known.join(', ')}.`,
    info: { known },
  })
}

function assertCount(option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return
  throw new FaceError('invalidOption', {
    detail: `${option} must be a whole number of at least 1.`,
    info: { option },
  })
}
