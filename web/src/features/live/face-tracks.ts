import type { Box, IdentifiedFace } from '../../shared/api/types.ts'
import type { ShownFace } from '../../shared/faces/face-overlay.tsx'

/** A face of a live picture; `key` stays the same while the face moves from frame to frame. */
export interface TrackedFace extends ShownFace {
  /** Since when frame after frame could not be compared, ms; absent when this one could. */
  readonly undeterminedSince?: number
}

/** Boxes of two frames that overlap less belong to different faces. */
const minOverlap = 0.2

/** A face that was recognised keeps its answer for so long when frames of it cannot be compared. */
const holdMs = 600

/** Intersection over union of two boxes in one frame's pixels, 0 to 1. */
export function computeOverlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  if (width <= 0 || height <= 0) return 0
  const both = width * height
  return both / (a.width * a.height + b.width * b.height - both)
}

/**
 * Carries keys from one frame to the next, so that a box glides to its new place instead of jumping
 * to another face. Greedy by overlap.
 *
 * @param previous faces of the last frame
 * @param faces    faces of this frame
 * @param scale    pixels of this frame for one pixel of the last (frames may change size)
 */
export function trackFaces(
  previous: readonly TrackedFace[],
  faces: readonly IdentifiedFace[],
  scale = 1,
): readonly TrackedFace[] {
  const pairs = previous
    .flatMap((old) =>
      faces.map((face, index) => ({
        key: old.key,
        index,
        overlap: computeOverlap(scaleBox(old.face.box, scale), face.box),
      })),
    )
    .filter((pair) => pair.overlap >= minOverlap)
    .sort((a, b) => b.overlap - a.overlap)
  const keys = new Map<number, number>()
  const used = new Set<number>()
  for (const { key, index } of pairs) {
    if (used.has(key) || keys.has(index)) continue
    used.add(key)
    keys.set(index, key)
  }
  let next = Math.max(0, ...previous.map((old) => old.key)) + 1
  return faces.map((face, index) => ({ key: keys.get(index) ?? next++, face }))
}

/**
 * Keeps a live picture from flickering: a single frame that cannot be compared, blurred by a move of
 * the head, changes nothing, and reasons stay while the main one does. The answer to a frame that
 * can be compared is shown at once.
 *
 * @param previous what is shown of the last frame
 * @param faces    this frame's, with the keys of {@link trackFaces}
 * @param nowMs    of a clock that never goes back
 */
export function steadyFaces(
  previous: readonly TrackedFace[],
  faces: readonly TrackedFace[],
  nowMs: number,
): readonly TrackedFace[] {
  return faces.map((tracked) => {
    const { key, face } = tracked
    const before = previous.find((old) => old.key === key)
    if (before === undefined || face.decision !== 'undetermined') return tracked
    const undeterminedSince = before.undeterminedSince ?? nowMs
    const shown = before.face
    if (shown.decision !== 'undetermined') {
      return nowMs - undeterminedSince < holdMs
        ? { key, face: { ...shown, box: face.box }, undeterminedSince }
        : { key, face, undeterminedSince }
    }
    const [main] = shown.reasons
    const reasons = main !== undefined && face.reasons.includes(main) ? shown.reasons : face.reasons
    return { key, face: { ...face, reasons }, undeterminedSince }
  })
}

function scaleBox(box: Box, scale: number): Box {
  return {
    x: box.x * scale,
    y: box.y * scale,
    width: box.width * scale,
    height: box.height * scale,
  }
}
