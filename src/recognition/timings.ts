import type { StageTimings } from '../vision/analyzer/analyzer-types.ts'
import type { Timings } from './face-watcher.ts'

const none: StageTimings = { queueMs: 0, decodeMs: 0, detectMs: 0, alignMs: 0, embedMs: 0 }

/** The stages' times of all images of a request added up, with that of its search. */
export function sumTimings(analyses: readonly StageTimings[], searchMs = 0): Timings {
  const sum = analyses.reduce(
    (total, timings) => ({
      queueMs: total.queueMs + timings.queueMs,
      decodeMs: total.decodeMs + timings.decodeMs,
      detectMs: total.detectMs + timings.detectMs,
      alignMs: total.alignMs + timings.alignMs,
      embedMs: total.embedMs + timings.embedMs,
    }),
    none,
  )
  return { ...sum, searchMs }
}
