import type { FacePlace } from '../../core/types.ts'
import type { RunGate } from '../../platform/workers/run-gate.ts'
import type { Analysis, AnalyzedFace } from '../analyzer/analyzer-types.ts'
import type { Detector, ResolvedDetectorOptions } from './detectors/detector.ts'
import type { Embedder } from './embedders/embedder.ts'
import { cutFaceCrop } from './face-crop.ts'
import { type MeasuredFaces, measureFaces } from './faces.ts'
import type { RgbImage } from './image.ts'
import { configureImages, decodeImage } from './image.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { createHold, type MemoryHold } from './memory-hold.ts'
import { createNetworks } from './networks.ts'
import type { PipelineSettings } from './pipeline-settings.ts'
import { toByteLevel } from './pyramid.ts'
import { chooseCropFace, readPlace } from './stored-crop.ts'
import { readUpright, toGivenFrame } from './turned.ts'

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

export interface CropRequest {
  /** For a crop without a place. */
  readonly detector: ResolvedDetectorOptions
  /** Model id. */
  readonly embedder: string
  /** Where the face is in the crop; without it the face is detected. */
  readonly place?: FacePlace
  /** The detection's confidence in the photograph, 0 to 1; taken with a place. */
  readonly confidence: number
}

/** One image from bytes to numbers, with networks of its own. Blocks the calling thread while they run. */
export interface Pipeline {
  /** As {@link import('../analyzer/analyzer-types.ts').Analyzer.analyze}; `queueMs` is the time networks took to load. */
  analyze(image: Uint8Array, request: PipelineRequest): Promise<Analysis>
  /** As {@link import('../analyzer/analyzer-types.ts').Analyzer.embedCrop}. */
  embedCrop(crop: Uint8Array, request: CropRequest): Promise<AnalyzedFace | undefined>
  /** Loads the detector and `embedder` and runs them once. */
  warmUp(embedder: string): Promise<void>
}

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
    analyze: (bytes, request) => holding((hold) => analyze(bytes, request, hold)),
    embedCrop: (bytes, request) => holding((hold) => embedCrop(bytes, request, hold)),
    async warmUp(embedderId) {
      const embedder = await networks.embedder(embedderId)
      await embedder.embed([new Float32Array(3 * embedder.sizePx ** 2).fill(127)])
      const detector = await networks.detector()
      await detector.warmUp()
    },
  }

  async function holding<T>(work: (hold: MemoryHold) => Promise<T>): Promise<T> {
    const hold = createHold(budget)
    try {
      return await work(hold)
    } finally {
      await hold.release()
    }
  }

  async function embedCrop(
    bytes: Uint8Array,
    { detector: options, embedder: embedderId, place, confidence }: CropRequest,
    hold: MemoryHold,
  ): Promise<AnalyzedFace | undefined> {
    const embedder = await networks.embedder(embedderId)
    // Crops are upright.
    const upright = { ...options, readTurned: false }
    const crop = await decodeImage(bytes, settings.limits, (header) =>
      hold.reserve(header, upright),
    )
    if (place === undefined) {
      const detector = await networks.detector()
      const { faces } = await readFaces(crop, { detector, options: upright, embedder })
      return chooseCropFace(crop, faces)
    }
    const detection = readPlace(crop, place, confidence)
    if (detection === undefined) return undefined
    return (await measureFaces([toByteLevel(crop, crop)], [detection], embedder)).faces[0]
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
    const crop = await cutFaceCrop(image, face.detection)
    results.push(crop === undefined ? face : { ...face, crop })
  }
  return results
}
