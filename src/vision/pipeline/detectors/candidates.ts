import type { SuppressionOptions } from '../../../core/geometry.ts'
import { suppressOverlaps } from '../../../core/geometry.ts'

/** Boxes on their way through the stages, flat. */
export interface Candidates {
  /** [n x 4]: x1, y1, x2, y2, pixels of the full image. */
  readonly boxes: Float32Array
  /** [n], 0 to 1. */
  readonly scores: Float32Array
  /** [n x 4], what the stage that scored them would shift their coordinates by; in widths and heights. */
  readonly offsets: Float32Array
}

/** The candidates at `indices`, in that order. */
export function selectCandidates(
  { boxes, scores, offsets }: Candidates,
  indices: ArrayLike<number>,
): Candidates {
  const selected = allocateCandidates(indices.length)
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    selected.boxes.set(boxes.subarray(4 * from, 4 * from + 4), 4 * i)
    selected.offsets.set(offsets.subarray(4 * from, 4 * from + 4), 4 * i)
    selected.scores[i] = scores[from]!
  }
  return selected
}

export function allocateCandidates(count: number): Candidates {
  return {
    boxes: new Float32Array(4 * count),
    scores: new Float32Array(count),
    offsets: new Float32Array(4 * count),
  }
}

export function concatCandidates(parts: readonly Candidates[]): Candidates {
  const all = allocateCandidates(parts.reduce((sum, part) => sum + part.scores.length, 0))
  let at = 0
  for (const part of parts) {
    all.boxes.set(part.boxes, 4 * at)
    all.offsets.set(part.offsets, 4 * at)
    all.scores.set(part.scores, at)
    at += part.scores.length
  }
  return all
}

/**
 * Drops candidates that overlap a better one.
 *
 * @param limit  at most this many of the best go in; suppression is quadratic in them
 */
export function suppressCandidates(
  candidates: Candidates,
  options: SuppressionOptions,
  limit: number = Number.POSITIVE_INFINITY,
): Candidates {
  const best = keepBest(candidates, limit)
  return selectCandidates(best, suppressOverlaps(best.boxes, best.scores, options))
}

function keepBest(candidates: Candidates, limit: number): Candidates {
  const { scores } = candidates
  if (scores.length <= limit) return candidates
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  return selectCandidates(candidates, order.subarray(0, limit))
}
