import { isFaceError } from '../core/errors.ts'
import { assessQuality } from '../core/quality.ts'
import { resolveQualityGates } from '../core/quality-gates.ts'
import { inParallel } from '../platform/concurrency/in-parallel.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face, ModelEmbedding, NewFace } from '../storage/ports/faces.ts'
import type {
  AnalyzedFace,
  Analyzer,
  StageTimings,
  Turn,
} from '../vision/analyzer/analyzer-types.ts'
import { chooseFace, embeddingOf } from './choose-face.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import { embedStoredCrop } from './embed-crop.ts'
import { isEmbeddingProbe, readEmbedding } from './embedding-input.ts'
import type { EnrollEmbedding, EnrollImage, EnrollOptions } from './face-watcher.ts'
import { computeImageHash } from './image-hash.ts'
import { type Rejection, toQualityRejection, toRejection } from './rejections.ts'

/** The outcome of one image before anything is stored. */
export type ExaminedImage =
  | { readonly kind: 'stored'; readonly face: Face }
  | {
      readonly kind: 'usable'
      readonly face: NewFace
      /** Absent without an image. */
      readonly turned?: Turn
      /** Whether to warn of a weak photograph; see `weakPhotograph`. */
      readonly weak: boolean
      /** Absent without an image. */
      readonly timings?: StageTimings
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection; readonly timings?: StageTimings }

export interface ExamineContext {
  readonly collection: Collection
  /** The person; absent for a new one. */
  readonly personId?: string
  readonly options: EnrollOptions
}

/**
 * Examines images of one person, as many at a time as the analyzer has workers, and embeddings.
 *
 * @returns one result an image, in order; equal files, and equal embeddings, share one result
 * @throws {FaceError} what concerns the request as a whole, see {@link toRejection}; no further image is begun then
 */
export async function examineImages(
  deps: RecognitionDependencies,
  images: readonly (EnrollImage | EnrollEmbedding)[],
  context: ExamineContext,
): Promise<readonly ExaminedImage[]> {
  // Before any is analysed, which may take its bytes away.
  // One after the other: Web Crypto copies what it hashes, and copies of 60 MB hold the event loop.
  const inputs: HashedInput[] = []
  for (const image of images) inputs.push(await hashInput(context.collection, image))
  const hashes = inputs.map(({ hash }) => hash)
  const byHash = new Map<string, ExaminedImage>()
  const distinct = inputs.filter(({ hash }, i) => hashes.indexOf(hash) === i)
  await inParallel(distinct, Math.max(1, deps.analyzer.stats().workers), async (input) => {
    byHash.set(input.hash, await examineInput(deps, input, context))
  })
  return hashes.map((hash) => byHash.get(hash) as ExaminedImage)
}

type HashedInput = { readonly hash: string } & (
  | { readonly bytes: Uint8Array }
  | { readonly embedding: Float32Array }
)

/** @throws {FaceError} `modelMismatch`, `dimensionMismatch`, `invalidEmbedding` */
async function hashInput(
  collection: Collection,
  input: EnrollImage | EnrollEmbedding,
): Promise<HashedInput> {
  if (!isEmbeddingProbe(input)) {
    return { bytes: input.bytes, hash: await computeImageHash(input.bytes) }
  }
  const embedding = readEmbedding(collection, input)
  return { embedding, hash: await computeImageHash(new Uint8Array(embedding.buffer)) }
}

async function examineInput(
  deps: RecognitionDependencies,
  input: HashedInput,
  context: ExamineContext,
): Promise<ExaminedImage> {
  const { collection, personId } = context
  const { hash } = input
  if (personId !== undefined) {
    const faces = await deps.gallery.faces.findByImage(collection.id, hash)
    const face = faces.find((stored) => stored.personId === personId)
    if (face !== undefined) return { kind: 'stored', face }
  }
  if ('bytes' in input) return examineImage(deps, input.bytes, { ...context, hash })
  const { embedding } = input
  const face = { embedding, modelId: collection.modelId, imageHash: hash }
  return { kind: 'usable', face, weak: false }
}

async function examineImage(
  { analyzer, defaults }: RecognitionDependencies,
  bytes: Uint8Array,
  context: ExamineContext & { readonly hash: string },
): Promise<ExaminedImage> {
  const { collection, options, hash } = context
  let timings: StageTimings | undefined
  try {
    const analysis = await analyzer.analyze(bytes, {
      detector: { ...defaults.detector, ...options.detector },
      embedder: collection.modelId,
      // What a second model embeds, too; the store keeps it only where the collection stores crops.
      crops: collection.storeCrops || collection.second !== undefined,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    timings = analysis.timings
    const analyzed = chooseFace(analysis, options.faces ?? 'one', 'the image')
    const { detection, quality, crop } = analyzed
    const qualityGates = resolveQualityGates(defaults.qualityGates, collection.qualityGates)
    const gates = options.skipQualityGates ? [] : assessQuality(quality, qualityGates)
    // One face that resembles every damaged face endangers all searches of the collection, so this
    // is no matter of taste as the gates are.
    const incomparable = analyzed.comparability?.reasons ?? []
    const rejection = toQualityRejection({ gates, incomparable }, quality, qualityGates)
    if (rejection !== undefined) return { kind: 'rejected', rejection, timings }
    const second = await embedSecond(analyzer, analyzed, context)
    const face: NewFace = {
      embedding: embeddingOf(analyzed),
      modelId: collection.modelId,
      quality,
      box: detection.box,
      landmarks: detection.landmarks,
      imageHash: hash,
      ...(second === undefined ? {} : { second }),
      ...(crop === undefined ? {} : { crop }),
    }
    const weak = analyzed.comparability?.weak ?? false
    return { kind: 'usable', face, turned: analysis.turned, weak, timings }
  } catch (error) {
    const rejection = toRejection(error)
    if (rejection === undefined) throw error
    return { kind: 'rejected', rejection, ...(timings === undefined ? {} : { timings }) }
  }
}

/**
 * The embedding of the collection's second model; `undefined` where it has none, or where the model
 * cannot tell the face. That this node does not have the second model does not keep anybody from being
 * enrolled: the face is one of those that lack its embedding.
 */
async function embedSecond(
  analyzer: Analyzer,
  { crop, quality }: AnalyzedFace,
  { collection: { second }, options: { signal } }: ExamineContext,
): Promise<ModelEmbedding | undefined> {
  if (second === undefined || crop === undefined) return undefined
  try {
    const embedded = await embedStoredCrop(analyzer, second.modelId, {
      ...{ crop, confidence: quality.confidence, signal },
    })
    return embedded.kind === 'embedded'
      ? { modelId: second.modelId, embedding: embedded.embedding }
      : undefined
  } catch (error) {
    if (isFaceError(error, 'modelNotInstalled')) return undefined
    throw error
  }
}
