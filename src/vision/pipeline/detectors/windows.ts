import type { SuppressionOptions } from '../../../core/geometry.ts'
import { suppressOverlaps } from '../../../core/geometry.ts'

/** Boxes on their way through the stages, flat. */
export interface FaceWindows {
  /** [n x 4]: x1, y1, x2, y2, pixels of the full image. */
  readonly boxes: Float32Array
  /** [n], 0 to 1. */
  readonly confidences: Float32Array
  /** [n x 4], what the stage that scored them would shift their coordinates by; in widths and heights. */
  readonly offsets: Float32Array
}

/** The windows at `indices`, in that order. */
export function selectWindows(
  { boxes, confidences, offsets }: FaceWindows,
  indices: ArrayLike<number>,
): FaceWindows {
  const selected = allocateWindows(indices.length)
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    selected.boxes.set(boxes.subarray(4 * from, 4 * from + 4), 4 * i)
    selected.offsets.set(offsets.subarray(4 * from, 4 * from + 4), 4 * i)
    selected.confidences[i] = confidences[from]!
  }
  return selected
}

export function allocateWindows(count: number): FaceWindows {
  return {
    boxes: new Float32Array(4 * count),
    confidences: new Float32Array(count),
    offsets: new Float32Array(4 * count),
  }
}

export function concatWindows(parts: readonly FaceWindows[]): FaceWindows {
  const all = allocateWindows(parts.reduce((sum, part) => sum + part.confidences.length, 0))
  let at = 0
  for (const part of parts) {
    all.boxes.set(part.boxes, 4 * at)
    all.offsets.set(part.offsets, 4 * at)
    all.confidences.set(part.confidences, at)
    at += part.confidences.length
  }
  return all
}

/**
 * Drops windows that overlap a better one.
 *
 * @param limit  at most this many of the best go in; suppression is quadratic in them
 */
export function suppressWindows(
  windows: FaceWindows,
  options: SuppressionOptions,
  limit: number = Number.POSITIVE_INFINITY,
): FaceWindows {
  const best = keepBest(windows, limit)
  return selectWindows(best, suppressOverlaps(best.boxes, best.confidences, options))
}

function keepBest(windows: FaceWindows, limit: number): FaceWindows {
  const { confidences } = windows
  if (confidences.length <= limit) return windows
  const order = Uint32Array.from(confidences, (_, i) => i).sort(
    (a, b) => confidences[b]! - confidences[a]!,
  )
  return selectWindows(windows, order.subarray(0, limit))
}
