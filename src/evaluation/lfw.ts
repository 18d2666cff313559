import { FaceError } from '../core/errors.ts'
import { withoutSuffix } from './dataset.ts'
import {
  type EmbeddedDataset,
  type EvaluationInput,
  embedDataset,
  type FailedImage,
} from './embeddings.ts'
import type { ProtocolPair } from './pairs.ts'

export interface LfwResult {
  readonly protocol: 'lfw'
  readonly dataset: string
  readonly modelId: string
  readonly dimension: number
  readonly images: number
  readonly imagesWithoutDetection: number
  readonly failures: readonly FailedImage[]
  readonly pairs: number
  /** Pairs of which an image has no embedding; they count as "different". */
  readonly failedPairs: number
  /** Mean over the folds, 0 to 1. */
  readonly accuracy: number
  /** Standard deviation of the folds' accuracies (n - 1). */
  readonly accuracyStd: number
  /** Standard error of the mean, as LFW's result tables give it. */
  readonly standardError: number
  /** Best threshold on all folds: for orientation, not used for the accuracy. */
  readonly bestThreshold: number
  readonly folds: readonly { readonly threshold: number; readonly accuracy: number }[]
}

interface ScoredPair extends ProtocolPair {
  /** Cosine; -Infinity when an image failed. */
  readonly similarity: number
}

/**
 * LFW's unrestricted protocol with outside data: for each fold the threshold that is best on the
 * other nine, and the accuracy on this one.
 *
 * @throws {FaceError} `invalidOption` when the data set has no pairs.txt; and as {@link embedDataset}
 * @source Huang et al. 2007, UMass Amherst TR 07-49, section on reporting; Huang & Learned-Miller 2014, UM-CS-2014-003
 */
export async function evaluateLfw(input: EvaluationInput): Promise<LfwResult> {
  const protocol = input.dataset.pairs
  if (protocol === undefined) {
    throw new FaceError('invalidOption', {
      detail: 'The data set has no pairs.txt or lfw-protocol/pairs.txt.',
    })
  }
  const embedded = await embedDataset({ ...input, images: 'protocol' })
  const scored = scorePairs(protocol.pairs, embedded)
  const folds = Array.from({ length: protocol.folds }, (_, fold) => {
    const threshold = bestThreshold(scored.filter((pair) => pair.fold !== fold))
    const test = scored.filter((pair) => pair.fold === fold)
    return { threshold, accuracy: accuracyAt(test, threshold) }
  })
  const mean = folds.reduce((sum, fold) => sum + fold.accuracy, 0) / folds.length
  const squares = folds.reduce((sum, fold) => sum + (fold.accuracy - mean) ** 2, 0)
  const std = Math.sqrt(squares / (folds.length - 1))
  return {
    protocol: 'lfw',
    dataset: input.dataset.name,
    modelId: input.modelId,
    dimension: embedded.dimension,
    images: embedded.images.length + embedded.failures.length,
    imagesWithoutDetection: embedded.failures.length,
    failures: embedded.failures,
    pairs: scored.length,
    failedPairs: scored.filter((pair) => pair.similarity === Number.NEGATIVE_INFINITY).length,
    accuracy: mean,
    accuracyStd: std,
    standardError: std / Math.sqrt(folds.length),
    bestThreshold: bestThreshold(scored),
    folds,
  }
}

function scorePairs(
  pairs: readonly ProtocolPair[],
  { images, embeddings, dimension }: EmbeddedDataset,
): readonly ScoredPair[] {
  const rows = new Map(images.map((image, row) => [withoutSuffix(image.key), row]))
  return pairs.map((pair) => {
    const first = rows.get(pair.first)
    const second = rows.get(pair.second)
    if (first === undefined || second === undefined) {
      return { ...pair, similarity: Number.NEGATIVE_INFINITY }
    }
    let similarity = 0
    for (let i = 0; i < dimension; i++) {
      similarity += embeddings[first * dimension + i]! * embeddings[second * dimension + i]!
    }
    return { ...pair, similarity }
  })
}

function accuracyAt(pairs: readonly ScoredPair[], threshold: number): number {
  const right = pairs.filter((pair) => pair.similarity >= threshold === pair.mated)
  return right.length / pairs.length
}

/**
 * The similarity with the most right decisions; of several the middle of the first gap, so that the
 * threshold does not touch a training pair.
 */
function bestThreshold(pairs: readonly ScoredPair[]): number {
  const sorted = [...pairs].sort((a, b) => b.similarity - a.similarity)
  // Going down, every mated pair that passes is a right decision more, every other one less.
  let right = sorted.filter((pair) => !pair.mated).length
  let best = right
  let threshold = 1
  for (const [index, pair] of sorted.entries()) {
    right += pair.mated ? 1 : -1
    const following = sorted[index + 1]?.similarity ?? -1
    if (right > best && following < pair.similarity) {
      best = right
      threshold = (pair.similarity + Math.max(-1, following)) / 2
    }
  }
  return threshold
}
