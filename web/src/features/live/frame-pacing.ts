/** Longest sides of the frames that are sent, pixels; a slower server gets smaller frames. */
export const frameSides = [480, 640, 800] as const

/** Never more than twenty frames a second: names do not change faster, and others want a turn. */
const minIntervalMs = 50
const maxIntervalMs = 2_000
const slowMs = 600
const fastMs = 220
/** Answers in a row before the frame's size changes, so that one hiccup does not. */
const patience = 4
export interface FramePacer {
  /** Longest side of the next frame, pixels. */
  maxSide(): number
  /** Takes the time of sending a frame; returns how long to wait before it, ms. */
  beforeSending(nowMs: number): number
  /** Takes the round trip of an answered frame. */
  answered(roundTripMs: number): void
  /** Takes a refusal for lack of capacity; returns how long to wait before the next frame, ms. */
  refused(retryAfterMs: number | undefined): number
}

/**
 * Creates the pace of live recognition: smaller frames when answers take long, fewer frames when the server says that it is busy.
 */
export function createFramePacer(): FramePacer {
  let level = 1
  let slow = 0
  let fast = 0
  let intervalMs = minIntervalMs
  let nextAtMs = 0
  return {
    maxSide: () => frameSides[level] ?? frameSides[0],
    beforeSending(nowMs) {
      const sendAtMs = Math.max(nowMs, nextAtMs)
      nextAtMs = sendAtMs + intervalMs
      return sendAtMs - nowMs
    },
    answered(roundTripMs) {
      slow = roundTripMs > slowMs ? slow + 1 : 0
      fast = roundTripMs < fastMs ? fast + 1 : 0
      if (slow >= patience) {
        level = Math.max(0, level - 1)
        slow = 0
      } else if (fast >= patience) {
        level = Math.min(frameSides.length - 1, level + 1)
        fast = 0
      }
      intervalMs = Math.max(minIntervalMs, intervalMs * 0.95)
    },
    refused(retryAfterMs) {
      intervalMs = Math.min(maxIntervalMs, Math.max(intervalMs, 100) * 2)
      level = Math.max(0, level - 1)
      slow = 0
      fast = 0
      return Math.max(intervalMs, retryAfterMs ?? 1_000)
    },
  }
}
