import { assertMayMatch } from '../core/consent.ts'
import { FaceError } from '../core/errors.ts'
import { statedFmr } from '../core/fmr.ts'
import { findSuppression, type SaidFace } from '../core/not-this-person.ts'
import { assertRate, assertThreshold, computeVerifyThreshold } from '../core/policy.ts'
import { dotProduct } from '../core/similarity.ts'
import type { UndeterminedReason } from '../core/types.ts'
import type { Collection } from '../storage/ports/collections.ts'
import { toEmbeddingRows } from '../storage/rules/embedding.ts'
import { toViewOf } from '../storage/rules/second-models.ts'
import type { Analysis } from '../vision/analyzer/analyzer-types.ts'
import type { AuditNotes } from './audit-notes.ts'
import { chooseFace, embeddingOf } from './choose-face.ts'
import { findEmbedder, type RecognitionDependencies } from './dependencies.ts'
import type { FaceWatcher, VerifyOptions, VerifyResult, VerifyTarget } from './face-watcher.ts'
import { measureGalleryShift } from './gallery-shift.ts'
import type { Judges } from './judges.ts'
import { sumTimings } from './timings.ts'

/** Default false match rate of a verification: one stranger in 10,000 passes. */
export const defaultVerifyFmr = 1e-4

/** The faces that the image is compared with. */
interface Reference {
  /** One embedding a row; the nearest counts. */
  readonly embeddings: readonly Float32Array[]
  /** Why it cannot be compared; stored faces were examined when they were enrolled. */
  readonly reasons: readonly UndeterminedReason[]
  /** Ids of the stored faces; absent for an image. */
  readonly faceIds?: readonly string[]
  /** Their collection; absent for an image. */
  readonly collection?: Collection
  /** What was said of the person; empty where the reference is not a person. */
  readonly said: readonly SaidFace[]
  readonly timings: readonly Analysis['timings'][]
}

/** Creates the use case of a 1:1 comparison: with an image, a person (all their faces) or a stored face. */
export function createVerify(
  deps: RecognitionDependencies,
  judges: Judges,
  decisions: Pick<AuditNotes, 'hash' | 'verified'>,
): FaceWatcher['verify'] {
  return async (image, target, options = {}): Promise<VerifyResult> => {
    const maxFmr = options.maxFmr ?? defaultVerifyFmr
    assertRate('maxFmr', maxFmr)
    assertThreshold('threshold', options.threshold)
    const modelId = await resolveModel(deps, target, options)
    const model = findEmbedder(deps.models, modelId)
    const analyze = async (bytes: Uint8Array, what: string): Promise<AnalyzedImage> => {
      const analysis = await deps.analyzer.analyze(bytes, {
        detector: { ...deps.defaults.detector, ...options.detector },
        embedder: modelId,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      const face = chooseFace(analysis, options.faces ?? 'one', what)
      const reasons = face.comparability?.reasons ?? []
      return { embedding: embeddingOf(face), reasons, timings: analysis.timings }
    }
    // Before the analyzer takes the bytes away.
    const hash = decisions.hash(image)
    const [probe, reference] = await settleBoth(
      analyze(image, 'the first image'),
      'image' in target
        ? analyze(target.image, 'the second image').then(toReference)
        : loadReference(deps, target, modelId),
    )
    const nearest = findNearest(probe.embedding, reference.embeddings)
    const judge = judges(modelId)
    const shared =
      judge?.pairShift(probe.embedding, reference.embeddings[nearest.index] as Float32Array) ?? 0
    const { collection } = reference
    const shift = shared + (collection ? await measureGalleryShift(deps, collection) : 0)
    const threshold =
      options.threshold ??
      Math.min(
        1,
        computeVerifyThreshold(maxFmr, model.fmrCurve, reference.embeddings.length) + shift,
      )
    const fmr = model.fmrCurve && statedFmr(model.fmrCurve, nearest.similarity - shift)
    const reasons = { probe: probe.reasons, reference: reference.reasons }
    const suppression = findSuppression(probe.embedding, nearest.similarity, reference.said)
    const isMatch = nearest.similarity >= threshold && suppression === undefined
    const decision = decideVerification(isMatch, reasons)
    const faceId = reference.faceIds?.[nearest.index]
    const result: VerifyResult = {
      modelId,
      match: decision === 'match',
      decision,
      reasons,
      similarity: nearest.similarity,
      threshold,
      ...(fmr === undefined ? {} : { fmr: fmr.value, fmrExtrapolated: fmr.extrapolated }),
      ...(faceId === undefined ? {} : { faceId }),
      ...(suppression === undefined ? {} : { rejection: suppression }),
      timings: sumTimings([probe.timings, ...reference.timings]),
    }
    const personId = 'personId' in target ? target.personId : undefined
    decisions.verified({ collectionId: collection?.id, personId, result, hash })
    return result
  }
}

interface AnalyzedImage {
  readonly embedding: Float32Array
  readonly reasons: readonly UndeterminedReason[]
  readonly timings: Analysis['timings']
}

function toReference({ embedding, reasons, timings }: AnalyzedImage): Reference {
  return { embeddings: [embedding], reasons, said: [], timings: [timings] }
}

function decideVerification(
  isMatch: boolean,
  { probe, reference }: VerifyResult['reasons'],
): VerifyResult['decision'] {
  if (probe.length > 0 || reference.length > 0) return 'undetermined'
  return isMatch ? 'match' : 'noMatch'
}

/** Waits for both, so that no work goes on after an error was answered; the first image's error counts first. */
async function settleBoth<A, B>(first: Promise<A>, second: Promise<B>): Promise<readonly [A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

async function resolveModel(
  { gallery, defaults }: RecognitionDependencies,
  target: VerifyTarget,
  options: VerifyOptions,
): Promise<string> {
  if ('image' in target) return options.modelId ?? defaults.embedderId
  const { modelId } = await gallery.collections.get(target.collection)
  if (options.modelId === undefined || options.modelId === modelId) return modelId
  throw new FaceError('modelMismatch', {
    detail: `The collection holds embeddings of ${modelId}.`,
    info: { expected: modelId },
  })
}

async function loadReference(
  { gallery }: RecognitionDependencies,
  target: Exclude<VerifyTarget, { readonly image: Uint8Array }>,
  modelId: string,
): Promise<Reference> {
  // The model of the probe, though the collection may have switched to another one by now.
  const collection = toViewOf(await gallery.collections.get(target.collection), modelId)
  // A person without faces and an unknown one are different errors.
  const { consent } = await gallery.persons.get(
    collection.id,
    'personId' in target
      ? target.personId
      : (await gallery.faces.get(collection.id, target.faceId)).personId,
  )
  assertMayMatch(collection.consent, consent, new Date().toISOString())
  const rows = toEmbeddingRows(
    await gallery.faces.getEmbeddings(
      collection,
      'faceId' in target ? { faceId: target.faceId } : { personId: target.personId },
    ),
  )
  if (rows.size === 0) {
    throw new FaceError('faceNotFound', {
      detail: `There is no enrolled face with an embedding of ${modelId}.`,
    })
  }
  return {
    faceIds: [...rows.keys()],
    collection,
    said:
      'personId' in target ? await gallery.statements.embeddings(collection, target.personId) : [],
    reasons: [],
    embeddings: [...rows.values()],
    timings: [],
  }
}

function findNearest(
  probe: Float32Array,
  embeddings: readonly Float32Array[],
): { readonly index: number; readonly similarity: number } {
  let index = 0
  let similarity = Number.NEGATIVE_INFINITY
  for (const [row, embedding] of embeddings.entries()) {
    const product = dotProduct(probe, embedding)
    if (product > similarity) {
      index = row
      similarity = product
    }
  }
  return { index, similarity: Math.min(1, Math.max(-1, similarity)) }
}
