import { assessQuality } from '../core/quality.ts'
import { inParallel } from '../platform/concurrency/in-parallel.ts'
import type { Collection } from '../storage/ports/collections.ts'
import type { Face, NewFace } from '../storage/ports/faces.ts'
import type { StageTimings, Turn } from '../vision/analyzer/analyzer-types.ts'
import { chooseFace, embeddingOf } from './choose-face.ts'
import type { RecognitionDependencies } from './dependencies.ts'
import type { EnrollImage, EnrollOptions } from './face-watcher.ts'
import { computeImageHash } from './image-hash.ts'
import { type Rejection, toQualityRejection, toRejection } from './rejections.ts'

/** The outcome of one image before anything is stored. */
export type ExaminedImage =
  | { readonly kind: 'stored'; readonly face: Face }
  | {
      readonly kind: 'usable'
      readonly face: NewFace
      readonly turned: Turn
      /** Whether to warn of a weak photograph; see `weakPhotograph`. */
      readonly weak: boolean
      readonly timings: StageTimings
    }
  | { readonly kind: 'rejected'; readonly rejection: Rejection; readonly timings?: StageTimings }

export interface ExamineContext {
  readonly collection: Collection
  /** The person; absent for a new one. */
  readonly personId?: string
  readonly options: EnrollOptions
}

/**
 * Examines images of one person, as many at a time as the analyzer has workers.
 *
 * @returns one result an image, in order; equal files share one result
 * @throws {FaceError} what concerns the request as a whole, see {@link toRejection}; no further image is begun then
 */
export async function examineImages(
  deps: RecognitionDependencies,
  images: readonly EnrollImage[],
  context: ExamineContext,
): Promise<readonly ExaminedImage[]> {
  // Before any is analysed, which may take its bytes away.
  // One after the other: Web Crypto copies what it hashes, and copies of 60 MB hold the event loop.
  const hashes: string[] = []
  for (const { bytes } of images) hashes.push(await computeImageHash(bytes))
  const byHash = new Map<string, ExaminedImage>()
  const distinct = hashes.flatMap((hash, i) => (hashes.indexOf(hash) === i ? [i] : []))
  await inParallel(distinct, Math.max(1, deps.analyzer.stats().workers), async (i) => {
    const hash = hashes[i] as string
    const { bytes } = images[i] as EnrollImage
    byHash.set(hash, await examineImage(deps, bytes, { ...context, hash }))
  })
  return hashes.map((hash) => byHash.get(hash) as ExaminedImage)
}

async function examineImage(
  { analyzer, gallery, defaults }: RecognitionDependencies,
  bytes: Uint8Array,
  context: ExamineContext & { readonly hash: string },
): Promise<ExaminedImage> {
  const { collection, personId, options, hash } = context
  if (personId !== undefined) {
    const faces = await gallery.faces.findByImage(collection.id, hash)
    const face = faces.find((stored) => stored.personId === personId)
    if (face !== undefined) return { kind: 'stored', face }
  }
  let timings: StageTimings | undefined
  try {
    const analysis = await analyzer.analyze(bytes, {
      detector: { ...defaults.detector, ...options.detector },
      embedder: collection.modelId,
      crops: collection.storeCrops,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })
    timings = analysis.timings
    const analyzed = chooseFace(analysis, options.faces ?? 'one', 'the image')
    const { detection, quality, crop } = analyzed
    const { qualityGates } = defaults
    const gates = options.skipQualityGates ? [] : assessQuality(quality, qualityGates)
    // One face that resembles every damaged face endangers all searches of the collection, so this
    // is no matter of taste as the gates are.
    const incomparable = analyzed.comparability?.reasons ?? []
    const rejection = toQualityRejection({ gates, incomparable }, quality, qualityGates)
    if (rejection !== undefined) return { kind: 'rejected', rejection, timings }
    const face: NewFace = {
      embedding: embeddingOf(analyzed),
      modelId: collection.modelId,
      quality,
      box: detection.box,
      landmarks: detection.landmarks,
      imageHash: hash,
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
