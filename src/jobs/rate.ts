import type { JobProgress } from '../storage/ports/jobs.ts'

/** Work shorter than this tells too little of its rate. */
const leastMs = 500

/** Measures how fast an attempt gets on. */
export interface RateMeter {
  /** The progress with rate and remaining time, as far as they are known. */
  measure(progress: JobProgress): JobProgress
}

/**
 * Creates the meter of one attempt. The rate is the mean since the stage began in this attempt: what
 * an earlier attempt has done took no time now, and a mean of everything is the steadiest guess at
 * work that is even.
 *
 * @param now  milliseconds
 */
export function createRateMeter(now: () => number = () => performance.now()): RateMeter {
  let stage: string | undefined
  let from = { at: 0, done: 0 }
  let last = 0
  return {
    measure(progress) {
      const at = now()
      if (progress.stage !== stage || progress.done < last) {
        stage = progress.stage
        from = { at, done: progress.done }
      }
      last = progress.done
      const elapsed = at - from.at
      const since = progress.done - from.done
      if (elapsed < leastMs || since === 0) return progress
      const perSecond = (1000 * since) / elapsed
      if (progress.total === undefined) return { ...progress, perSecond }
      const remainingSeconds = Math.max(0, progress.total - progress.done) / perSecond
      return { ...progress, perSecond, remainingSeconds }
    },
  }
}
