import { FaceError } from '../../../core/errors.ts'
import type { Judge } from '../../../core/judge.ts'
import { normalizeInPlace } from '../../../core/similarity.ts'
import type { Point } from '../../../core/types.ts'
import type { ModelRecord } from '../../../models/manifest-types.ts'
import type { Session } from '../../runtime.ts'

/** An embedder's result for one crop. */
export interface CropEmbedding {
  /** Unit vector, `dimension` of the embedder, with its own buffer. */
  readonly embedding: Float32Array
  /**
   * Length of the network's vector before it was scaled to 1, comparable within one model only; of
   * an embedder that is made of parts, one a part. `undefined` for a network that was installed by
   * a version whose graphs kept it to themselves.
   */
  readonly rawNorms?: readonly number[]
}

/** Turns crops of faces into embeddings. What differs between models is in their graph and manifest record. */
export interface Embedder {
  readonly dimension: number
  /** Side of the crop, pixels. */
  readonly sizePx: number
  /**
   * Places of the five landmarks in the crop, pixels, order as `Landmarks5`. `undefined`: crops
   * are not aligned; the face's box fills them, as far as it is in the image or by `turnedBoxMargin`.
   */
  readonly referencePoints: readonly Point[] | undefined
  /** The box is turned upright and grows on both axes by this share of its mean side. */
  readonly turnedBoxMargin?: number | undefined
  /**
   * Faces a run: one a thread. The arrays between the layers stay in a core's cache for one face
   * (3.1 ms) and not for eight (3.9 each); two threads take 1.8 ms a face for two, 2.1 for one.
   */
  readonly batch: number
  /** Tells which of its embeddings can be trusted; absent where none was learned. */
  readonly judge?: Judge
  /**
   * Embeds crops in one run of the network.
   *
   * @param crops  n of [3 x size x size] planar RGB, 0 to 255
   * @returns one a crop, in order
   * @throws {FaceError} `modelCorrupt` when the network does not answer n vectors; `invalidEmbedding`
   *   when one is zero or not finite
   */
  embed(crops: readonly Float32Array[]): Promise<readonly CropEmbedding[]>
}

/**
 * The embedder of a manifest record.
 *
 * @param session  `input` [n x 3 x size x size] planar RGB, 0 to 255, to `embedding.raw` [n x dimension],
 *   or to `embedding`, which is of length 1 already, where an earlier version built the graph
 * @throws {FaceError} `unknownModel` when the record is not an embedder's
 */
export function createEmbedder(
  record: Pick<ModelRecord, 'id' | 'dimension' | 'input'>,
  session: Session,
): Embedder {
  const { id, dimension, input } = record
  if (dimension === undefined || input === undefined) {
    throw new FaceError('unknownModel', {
      detail: `${id} is not an embedder.`,
      info: { model: id },
    })
  }
  const { sizePx } = input
  return {
    dimension,
    sizePx,
    batch: session.threads,
    referencePoints:
      'referencePoints' in input ? input.referencePoints.map(([x, y]) => ({ x, y })) : undefined,
    turnedBoxMargin: input.crop === 'turnedBox' ? input.margin : undefined,
    async embed(crops) {
      const count = crops.length
      const length = 3 * sizePx * sizePx
      const data = new Float32Array(count * length)
      for (const [i, crop] of crops.entries()) data.set(crop, i * length)
      const output = await session.run({ input: { data, dims: [count, 3, sizePx, sizePx] } })
      const raw = output['embedding.raw']
      const values = (raw ?? output.embedding)?.data
      if (values?.length !== count * dimension) {
        throw new FaceError('modelCorrupt', {
          detail: `${id} must answer ${dimension} values a face.`,
          info: { model: id },
        })
      }
      return Array.from({ length: count }, (_, i) => {
        const embedding = values.slice(i * dimension, (i + 1) * dimension)
        const length = normalizeInPlace(embedding)
        return raw === undefined ? { embedding } : { embedding, rawNorms: [length] }
      })
    },
  }
}
