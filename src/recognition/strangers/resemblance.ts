import { FaceError } from '../../core/errors.ts'
import { similarityAtFmr } from '../../core/fmr.ts'
import { dotProduct } from '../../core/similarity.ts'
import type { FmrCurve } from '../../core/types.ts'
import type { Collection } from '../../storage/ports/collections.ts'
import type { StrangerStore } from '../../storage/ports/strangers.ts'
import { chooseFace, embeddingOf } from '../choose-face.ts'
import { findCurve, type RecognitionDependencies } from '../dependencies.ts'
import { isEmbeddingProbe, readEmbedding } from '../embedding-input.ts'
import type { FaceSought, ResemblanceOptions, SeekOptions } from './strangers-api.ts'

/** In 50,000 sightings of others five resemble a face at this rate, and few of its own are missed. */
const defaultMaxFmr = 1e-4
/** Sightings that are compared together; 4 MB at 512 values, a few milliseconds. */
const comparedAtOnce = 2000

/**
 * The embedding of a face that is looked for.
 *
 * @throws {FaceError} `noFace`, `qualityTooLow`, `modelMismatch`, and as `detect`
 */
export async function readSought(
  { analyzer, defaults }: RecognitionDependencies,
  collection: Collection,
  { face, options }: { readonly face: FaceSought; readonly options: SeekOptions },
): Promise<Float32Array> {
  if (isEmbeddingProbe(face)) return readEmbedding(collection, face)
  const analysis = await analyzer.analyze(face, {
    detector: { ...defaults.detector, ...options.detector },
    embedder: collection.modelId,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const chosen = chooseFace(analysis, 'largest', 'the image')
  const reasons = chosen.comparability?.reasons ?? []
  if (reasons.length > 0) {
    throw new FaceError('qualityTooLow', {
      detail: `It cannot be compared: ${reasons.join(', ')}.`,
      info: { reasons },
    })
  }
  return embeddingOf(chosen)
}

/** The curve of a collection's model. @throws {FaceError} `invalidOption` when it has none */
export function curveOf(
  { models }: Pick<RecognitionDependencies, 'models'>,
  { modelId }: Collection,
): FmrCurve {
  const curve = findCurve(models, modelId)
  if (curve !== undefined) return curve
  throw new FaceError('invalidOption', { detail: `${modelId} has no measured FMR curve.` })
}

/** The similarity from which on faces resemble each other. @throws {FaceError} `invalidOption` */
export function toResemblance(curve: FmrCurve, { maxFmr, similarity }: ResemblanceOptions): number {
  if (maxFmr !== undefined && similarity !== undefined) {
    throw new FaceError('invalidOption', { detail: 'Expected maxFmr or similarity, not both.' })
  }
  if (similarity !== undefined) {
    if (similarity >= -1 && similarity <= 1) return similarity
    throw new FaceError('invalidOption', { detail: 'similarity must be from -1 to 1.' })
  }
  const rate = maxFmr ?? defaultMaxFmr
  if (rate > 0 && rate <= 1) return similarityAtFmr(curve, rate).value
  throw new FaceError('invalidOption', { detail: 'maxFmr must be above 0, at most 1.' })
}

/** A sighting that resembles the face, by id. */
export interface Resembling {
  readonly id: string
  readonly similarity: number
}

/**
 * Compares a face with all sightings of a collection's model, the latest first.
 *
 * @param options  `before`: id of a sighting, to go on behind it
 * @returns for each part what resembles the face, and how many were compared
 */
export async function* eachResembling(
  store: Pick<StrangerStore, 'scan'>,
  collection: Collection,
  {
    embedding,
    threshold,
    before,
  }: {
    readonly embedding: Float32Array
    readonly threshold: number
    readonly before?: string | undefined
  },
): AsyncGenerator<{ readonly found: readonly Resembling[]; readonly compared: number }, void> {
  let last = before
  for (;;) {
    const range = { limit: comparedAtOnce, ...(last === undefined ? {} : { before: last }) }
    const part = await store.scan(collection, range)
    const found = part.flatMap(({ id, embedding: seen }) => {
      const similarity = Math.min(1, dotProduct(embedding, seen))
      return similarity >= threshold ? [{ id, similarity }] : []
    })
    yield { found, compared: part.length }
    if (part.length < comparedAtOnce) return
    last = part.at(-1)?.id
  }
}
