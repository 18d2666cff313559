import { readFile } from 'node:fs/promises'
import { FaceError, imageErrors } from '../core/errors.ts'
import type { OnProgress } from '../core/progress.ts'
import type { RejectionReason } from '../core/types.ts'
import { inParallel } from '../platform/concurrency/in-parallel.ts'
import type { Analyzer, DetectorOptions } from '../vision/analyzer/analyzer-types.ts'
import { type Dataset, type LabelledImage, selectImages } from './dataset.ts'
import { type CachedAnalysis, type EmbeddingCache, openEmbeddingCache } from './embedding-cache.ts'
import { chooseLabelledFace } from './face-choice.ts'

/** The input of every evaluation. */
export interface EvaluationInput {
  readonly analyzer: Analyzer
  readonly dataset: Dataset
  /** Id of an installed embedder. */
  readonly modelId: string
  /** Result of {@link import('./fingerprint.ts').computeModelFingerprint}; a change makes cached embeddings void. */
  readonly modelFingerprint: string
  readonly cacheDir: string
  /** `protocol` (default): the images that pairs.txt names, where there is one. */
  readonly images?: 'protocol' | 'all'
  readonly detector?: DetectorOptions
  /** Stages: `embed` images, `compare` steps. */
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
}

export interface FailedImage {
  readonly key: string
  readonly reason: RejectionReason
}

/** The embeddings of a data set; images without one are failures, not gaps. */
export interface EmbeddedDataset {
  /** Images with an embedding, sorted by key. */
  readonly images: readonly LabelledImage[]
  readonly dimension: number
  /** images.length x dimension, row-major, unit rows; shared memory. */
  readonly embeddings: Float32Array
  readonly failures: readonly FailedImage[]
  /** One an image: the model's judge says that its face cannot be compared. */
  readonly refused: readonly boolean[]
  /** Images with more than one face. */
  readonly withSeveralFaces: number
}

/** Failures that belong to the image; all others stop the evaluation. */
export const imageFailures: ReadonlySet<string> = new Set(imageErrors)

/**
 * Embeds the face of every image of a data set, all workers busy, from the cache where it can.
 *
 * @throws {FaceError} `aborted` when the signal fires: what is done stays in the cache; and as
 *   `Analyzer.analyze` for problems that are not the image's
 */
export async function embedDataset(input: EvaluationInput): Promise<EmbeddedDataset> {
  const images = selectImages(input.dataset, input.images ?? 'protocol')
  const cache = await openEmbeddingCache(input.cacheDir, {
    datasetFingerprint: input.dataset.fingerprint,
    modelId: input.modelId,
    pipelineFingerprint: JSON.stringify([input.modelFingerprint, input.detector ?? {}]),
  })
  try {
    await fillCache(images, cache, input)
  } finally {
    await cache.close()
  }
  return collect(images, cache)
}

async function fillCache(
  images: readonly LabelledImage[],
  cache: EmbeddingCache,
  input: EvaluationInput,
): Promise<void> {
  const missing = images.filter((image) => cache.get(image.key) === undefined)
  let done = images.length - missing.length
  input.onProgress?.({ stage: 'embed', done, total: images.length })
  // One more than the workers, so that none waits for the next file.
  await inParallel(missing, input.analyzer.stats().workers + 1, async (image) => {
    if (input.signal?.aborted) throw new FaceError('aborted')
    cache.add(await analyzeImage(image, input))
    done++
    input.onProgress?.({ stage: 'embed', done, total: images.length })
  })
}

async function analyzeImage(image: LabelledImage, input: EvaluationInput): Promise<CachedAnalysis> {
  try {
    const bytes = new Uint8Array(await readFile(image.file))
    return { key: image.key, ...(await analyzeLabelled(bytes, input)) }
  } catch (error) {
    // Node reads no more than 2 GiB at once.
    if ((error as NodeJS.ErrnoException).code === 'ERR_FS_FILE_TOO_LARGE') {
      return { key: image.key, failure: 'imageTooLarge' }
    }
    throw error
  }
}

/** What the face of a photograph became, or why it became nothing. */
export type LabelledAnalysis =
  | Omit<Extract<CachedAnalysis, { readonly embedding: Float32Array }>, 'key'>
  | { readonly failure: RejectionReason }

/**
 * Embeds the face that a labelled photograph is about.
 *
 * @throws {FaceError} as `Analyzer.analyze` for problems that are not the image's
 */
export async function analyzeLabelled(
  bytes: Uint8Array,
  {
    analyzer,
    modelId,
    detector,
    signal,
  }: Pick<EvaluationInput, 'analyzer' | 'modelId' | 'detector' | 'signal'>,
): Promise<LabelledAnalysis> {
  try {
    const analysis = await analyzer.analyze(bytes, {
      embedder: modelId,
      ...(detector === undefined ? {} : { detector }),
      ...(signal === undefined ? {} : { signal }),
    })
    const face = chooseLabelledFace(analysis)
    if (face?.embedding === undefined) return { failure: 'noFace' }
    return {
      faces: analysis.faces.length,
      embedding: face.embedding,
      refused: face.comparability?.comparable === false,
    }
  } catch (error) {
    if (error instanceof FaceError && imageFailures.has(error.code)) {
      return { failure: error.code as RejectionReason }
    }
    throw error
  }
}

function collect(images: readonly LabelledImage[], cache: EmbeddingCache): EmbeddedDataset {
  const embedded: LabelledImage[] = []
  const vectors: Float32Array[] = []
  const refused: boolean[] = []
  const failures: FailedImage[] = []
  let withSeveralFaces = 0
  for (const image of images) {
    const analysis = cache.get(image.key) as CachedAnalysis
    if ('failure' in analysis) {
      failures.push({ key: image.key, reason: analysis.failure })
      continue
    }
    embedded.push(image)
    vectors.push(analysis.embedding)
    refused.push(analysis.refused)
    if (analysis.faces > 1) withSeveralFaces++
  }
  const dimension = vectors[0]?.length ?? 0
  const embeddings = new Float32Array(
    new SharedArrayBuffer(vectors.length * dimension * Float32Array.BYTES_PER_ELEMENT),
  )
  for (const [row, vector] of vectors.entries()) embeddings.set(vector, row * dimension)
  return { images: embedded, dimension, embeddings, failures, refused, withSeveralFaces }
}
