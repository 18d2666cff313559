import { imageErrors, isFaceError } from '../core/errors.ts'
import type { FaceCrop } from '../core/types.ts'
import type { Analyzer } from '../vision/analyzer/analyzer-types.ts'

/** What a model made of a stored crop. */
export type EmbeddedCrop =
  | { readonly kind: 'embedded'; readonly embedding: Float32Array }
  | { readonly kind: 'rejected'; readonly reasons: readonly string[]; readonly message: string }

/** Errors that are the crop's, as a database may have been changed by hand. */
const cropErrors: ReadonlySet<string> = new Set([
  ...imageErrors,
  ...['invalidEmbedding', 'degenerateLandmarks', 'internal'],
])

/**
 * The embedding of another model for a face whose crop is kept. That there is none is a result: no
 * face is found, or the model cannot compare it.
 *
 * @throws what would meet the next crop, too
 */
export async function embedStoredCrop(
  analyzer: Pick<Analyzer, 'embedCrop'>,
  modelId: string,
  {
    crop,
    confidence,
    signal,
  }: {
    readonly crop: FaceCrop
    readonly confidence?: number | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<EmbeddedCrop> {
  try {
    const face = await analyzer.embedCrop(crop, {
      embedder: modelId,
      ...(confidence === undefined ? {} : { confidence }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (face?.embedding === undefined) {
      return { kind: 'rejected', reasons: ['noFace'], message: 'The crop shows no face.' }
    }
    const reasons = face.comparability?.reasons ?? []
    if (reasons.length === 0) return { kind: 'embedded', embedding: face.embedding }
    const message = `${modelId} cannot compare this face.`
    return { kind: 'rejected', reasons, message }
  } catch (error) {
    if (!isFaceError(error) || !cropErrors.has(error.code)) throw error
    return { kind: 'rejected', reasons: ['unreadableCrop'], message: error.message }
  }
}
