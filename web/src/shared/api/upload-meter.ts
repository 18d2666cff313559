import type { SentBytes } from './upload.ts'

/** How far an upload is and how fast it goes. */
export interface UploadSpeed extends SentBytes {
  /** Of the last seconds; absent at the beginning. */
  readonly perSecond?: number
  readonly remainingSeconds?: number
}

/** The rate is that of so many milliseconds: longer hides a change, shorter jumps. */
const windowMs = 8_000
/** Less says nothing of a rate: the first bytes only fill buffers. */
const leastMs = 1_000

/** Creates the measure of an upload. */
export function createUploadMeter(): (progress: SentBytes, nowMs: number) => UploadSpeed {
  let samples: { readonly sent: number; readonly atMs: number }[] = []
  return ({ sent, total }, nowMs) => {
    samples.push({ sent, atMs: nowMs })
    samples = samples.filter(({ atMs }) => nowMs - atMs <= windowMs)
    const first = samples[0]
    const passedMs = nowMs - (first?.atMs ?? nowMs)
    const perSecond = ((sent - (first?.sent ?? 0)) * 1_000) / Math.max(1, passedMs)
    if (passedMs < leastMs || perSecond <= 0) return { sent, total }
    return { sent, total, perSecond, remainingSeconds: (total - sent) / perSecond }
  }
}
