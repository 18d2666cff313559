import { join } from 'node:path'
import { FaceError } from '../../core/errors.ts'
import { createJudge } from '../../core/judge.ts'
import type { ModelPart, ModelRecord } from '../../models/manifest-types.ts'
import type { RunGate } from '../../platform/workers/run-gate.ts'
import type { Analysis, AnalyzedFace } from '../analyzer/analyzer-types.ts'
import type { Session } from '../runtime.ts'
import { loadSession, shareLargeRuns, spareLargeRuns } from '../runtime.ts'
import type { Detector, ResolvedDetectorOptions } from './detectors/detector.ts'
import { detectorId } from './detectors/detector.ts'
import { createMtcnn } from './detectors/mtcnn.ts'
import type { Embedder } from './embedders/embedder.ts'
import { createEmbedder } from './embedders/embedder.ts'
import { createFusedEmbedder, type WeightedEmbedder } from './embedders/fused.ts'
import { type MeasuredFaces, measureFaces } from './faces.ts'
import type { RgbImage } from './image.ts'
import { configureImages, cropToJpeg, decodeImage } from './image.ts'
import type { ImageLimits } from './image-limits.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { createHold, type MemoryHold } from './memory-hold.ts'
import { readUpright, toGivenFrame } from './turned.ts'

/** The part of a model's record that the pipeline needs. */
export type PipelineModel = Pick<
  ModelRecord,
  'id' | 'files' | 'dimension' | 'input' | 'parts' | 'judge'
>

export interface PipelineSettings {
  /** Holds one folder a model, named by its id. */
  readonly modelsDir: string
  readonly models: readonly PipelineModel[]
  readonly limits: ImageLimits
  /** Threads that share one run of a network, >= 1. Default: 1. */
  readonly threads?: number
}

/** Things that a pipeline shares with the threads around it. */
export interface PipelineSurroundings {
  /** Gate before each run of a network, on a thread that may be terminated. */
  readonly gate?: RunGate | undefined
  /** Shared by all pipelines; without it memory has no bound. */
  readonly budget?: MemoryBudget | undefined
}

export interface PipelineRequest {
  readonly detector: ResolvedDetectorOptions
  /** Model id. */
  readonly embedder?: string
  readonly crops: boolean
}

/** One image from bytes to numbers, with networks of its own. Blocks the calling thread while they run. */
export interface Pipeline {
  /** As {@link import('../analyzer/analyzer-types.ts').Analyzer.analyze}; `queueMs` is the time networks took to load. */
  analyze(image: Uint8Array, request: PipelineRequest): Promise<Analysis>
  /** Loads the detector and `embedder` and runs them once. */
  warmUp(embedder: string): Promise<void>
}

/**
 * Least values of a run with which threads that share it gain more than they wait for each other. Measured at widths of 40 to 850: docs/decisions/0007-one-image-many-cores.md
 */
const leastSharedValues = { pyramid: 300_000, pnetLevel: 36_000 }

/** Most values of a run whose graph keeps memory: those of images of 600,000 pixels. */
const mostKeptValues = 3 * 600_000

/**
 * A pipeline whose networks are loaded when they are first needed, once.
 *
 * [Note: memory of images] Before an image is decoded, its header tells how much memory it will
 * take. That much is reserved in a budget of all workers, and the image waits until there is room.
 * What it leaves is collected before the reservation ends: V8 collects when a thread allocates, and
 * a thread without work would keep hundreds of megabytes. docs/decisions/0016-memory-of-images.md
 */
export function createPipeline(
  settings: PipelineSettings,
  { gate, budget }: PipelineSurroundings = {},
): Pipeline {
  configureImages()
  const networks = createNetworks(settings, gate)
  return {
    async analyze(bytes, request) {
      const hold = createHold(budget)
      try {
        return await analyze(bytes, request, hold)
      } finally {
        await hold.release()
      }
    },
    async warmUp(embedderId) {
      const embedder = await networks.embedder(embedderId)
      await embedder.embed([new Float32Array(3 * embedder.sizePx ** 2).fill(127)])
      const detector = await networks.detector()
      await detector.warmUp()
    },
  }

  async function analyze(
    bytes: Uint8Array,
    { detector: options, embedder: embedderId, crops }: PipelineRequest,
    hold: MemoryHold,
  ): Promise<Analysis> {
    const started = performance.now()
    const detector = await networks.detector()
    const embedder = embedderId === undefined ? undefined : await networks.embedder(embedderId)
    const loaded = performance.now()
    const image = await decodeImage(bytes, settings.limits, (header) =>
      hold.reserve(header, options),
    )
    const decoded = performance.now()
    const { width, height } = image
    const read = (copy: RgbImage): Promise<ReadImage> =>
      readFaces(copy, { detector, options, embedder })
    const { reading, turned } = options.readTurned
      ? await readUpright(image, detector, read)
      : { reading: await read(image), turned: 0 as const }
    const { omittedFaces, alignMs, embedMs } = reading
    const faces = crops ? await addCrops(reading.image, reading.faces) : reading.faces
    return {
      ...{ width, height, turned, omittedFaces },
      faces: faces.map((face) => ({
        ...face,
        detection: toGivenFrame(face.detection, { width, height, turned }),
      })),
      timings: {
        queueMs: loaded - started,
        decodeMs: decoded - loaded,
        // Turning, too: what is neither aligning nor embedding.
        detectMs: performance.now() - decoded - alignMs - embedMs,
        alignMs,
        embedMs,
      },
    }
  }
}

interface ReadImage extends MeasuredFaces {
  readonly image: RgbImage
  readonly omittedFaces: number
}

interface Reader {
  readonly detector: Detector
  readonly options: ResolvedDetectorOptions
  readonly embedder: Embedder | undefined
}

/** Detects, aligns and embeds, without regard to how the image lies. */
async function readFaces(
  image: RgbImage,
  { detector, options, embedder }: Reader,
): Promise<ReadImage> {
  const found = await detector.detect(image, options)
  const measured = await measureFaces(found.levels, found.faces, embedder)
  // The detector's second, lenient try finds patterns, too: only what can be compared is a face.
  const faces = measured.faces.filter(
    ({ detection, comparability }) =>
      detection.confidence > options.thresholds[2] || comparability?.comparable !== false,
  )
  return { ...measured, faces, image, omittedFaces: found.omittedFaces }
}

async function addCrops(
  image: RgbImage,
  faces: readonly AnalyzedFace[],
): Promise<readonly AnalyzedFace[]> {
  const results: AnalyzedFace[] = []
  for (const face of faces) {
    const crop = await cropToJpeg(image, face.detection.box)
    results.push(crop === undefined ? face : { ...face, crop })
  }
  return results
}

interface Networks {
  detector(): Promise<Detector>
  embedder(id: string): Promise<Embedder>
}

function createNetworks(
  { modelsDir, models, threads = 1 }: PipelineSettings,
  gate: RunGate | undefined,
): Networks {
  const loaded = new Map<string, Promise<unknown>>()
  const networks: Networks = {
    detector: () =>
      once(detectorId, async () => {
        const model = findModel(detectorId)
        const [load, pyramid, pnetLevel, rnet, onet] = await Promise.all([
          // Only moves bytes, which a second thread does not make faster.
          loadFile(model, 'load.onnx', 1),
          loadShared(model, 'pyramid.onnx', leastSharedValues.pyramid),
          loadShared(model, 'pnet-level.onnx', leastSharedValues.pnetLevel),
          loadFile(model, 'rnet.onnx'),
          loadFile(model, 'onet.onnx'),
        ])
        return createMtcnn({
          load: spare(model, 'load.onnx', load),
          pyramid: spare(model, 'pyramid.onnx', pyramid),
          pnetLevel,
          rnet,
          onet,
        })
      }),
    embedder: (id) =>
      once(id, async () => {
        const model = findModel(id)
        const embedder = await loadEmbedder(model)
        return model.judge === undefined
          ? embedder
          : { ...embedder, judge: createJudge(model.judge) }
      }),
  }

  return networks

  async function loadEmbedder(model: PipelineModel): Promise<Embedder> {
    if (model.parts !== undefined) return createFusedEmbedder(model, await loadParts(model.parts))
    return createEmbedder(model, await loadFile(model, model.files[0]?.name ?? 'model.onnx'))
  }

  function loadParts(parts: readonly ModelPart[]): Promise<WeightedEmbedder[]> {
    return Promise.all(
      parts.map(async ({ model, weight }) => ({
        embedder: await networks.embedder(model),
        weight,
      })),
    )
  }

  /** Remembers the promise, so that two requests share it, and forgets it when it fails. */
  function once<T>(id: string, load: () => Promise<T>): Promise<T> {
    const known = loaded.get(id)
    if (known !== undefined) return known as Promise<T>
    const promise = load()
    loaded.set(id, promise)
    promise.catch(() => loaded.delete(id))
    return promise
  }

  function findModel(id: string): PipelineModel {
    const model = models.find((each) => each.id === id)
    if (model !== undefined) return model
    throw new FaceError('unknownModel', { info: { model: id } })
  }

  function spare(model: PipelineModel, name: string, usual: Session): Session {
    return spareLargeRuns(usual, () => loadFile(model, name, 1, false), mostKeptValues)
  }

  function loadFile(
    model: PipelineModel,
    name: string,
    share = threads,
    keepsMemory = true,
  ): Promise<Session> {
    return loadSession({
      keepsMemory,
      path: join(modelsDir, model.id, name),
      modelId: model.id,
      sha256: model.files.find((file) => file.name === name)?.sha256,
      threads: share,
      gate,
    })
  }

  async function loadShared(
    model: PipelineModel,
    name: string,
    leastValues: number,
  ): Promise<Session> {
    const shared = await loadFile(model, name)
    if (threads === 1) return shared
    return shareLargeRuns(await loadFile(model, name, 1), shared, leastValues)
  }
}
