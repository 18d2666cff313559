import type { ModelRecord } from '../../../models/manifest-types.ts'
import type { CropEmbedding, Embedder } from './embedder.ts'

export interface WeightedEmbedder {
  readonly embedder: Embedder
  /** > 0; those of all parts add up to 1. */
  readonly weight: number
}

/**
 * An embedder that is made of several, which get the same crops.
 *
 * [Note: fused embeddings] Each part's unit vector is scaled by the square root of its weight, and
 * all are put behind each other. The result has length 1, and the dot product of two results is the
 * weighted mean of the parts' cosines: every index and threshold works with it as with one model.
 *
 * @param record  `dimension` is the sum of the parts'
 * @param parts   with the same crop size and reference points, as the manifest has checked
 */
export function createFusedEmbedder(
  { dimension = 0 }: Pick<ModelRecord, 'dimension'>,
  parts: readonly WeightedEmbedder[],
): Embedder {
  const [first] = parts
  if (first === undefined) throw new Error('A fused embedder has parts.')
  const { sizePx, referencePoints, turnedBoxMargin } = first.embedder
  return {
    dimension,
    sizePx,
    referencePoints,
    turnedBoxMargin,
    batch: Math.min(...parts.map(({ embedder }) => embedder.batch)),
    async embed(crops) {
      const answers: (readonly CropEmbedding[])[] = []
      for (const { embedder } of parts) answers.push(await embedder.embed(crops))
      return crops.map((_, i) => fuse(answers.map((faces) => faces[i]!)))
    },
  }

  function fuse(faces: readonly CropEmbedding[]): CropEmbedding {
    const embedding = new Float32Array(dimension)
    let at = 0
    for (const [part, face] of faces.entries()) {
      const scale = Math.sqrt(parts[part]!.weight)
      for (const value of face.embedding) embedding[at++] = scale * value
    }
    const rawNorms = faces.flatMap((face) => face.rawNorms ?? [])
    return rawNorms.length === faces.length ? { embedding, rawNorms } : { embedding }
  }
}
