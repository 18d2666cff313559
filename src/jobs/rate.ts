import type { JobProgress } from '../storage/ports/jobs.ts'

/** Work shorter than this tells too little of its rate. */
const leastMs = 500
/**
 * And than this, of the time that is left: in its first second a process is slow, as nothing is
 * compiled or remembered yet (observed: 40 photographs, then 70 a second).
 */
const leastToForetellMs = 2000

/** Measures how fast an attempt gets on. */
export interface RateMeter {
  /** The progress with rate and remaining time, as far as they are known. */
  measure(progress: JobProgress): JobProgress
}

/** Most measurements that are remembered. */
const maxSamples = 64

interface Sample {
  /** Milliseconds. */
  readonly at: number
  readonly done: number
}

/**
 * Creates the meter of one attempt. The rate is the mean of the second half of the time since the stage
 * began in this attempt. So what an earlier attempt has done does not count, what was slow at the
 * beginning, such as loading networks, is soon forgotten, and single slow things hardly matter.
 *
 * @param now  milliseconds
 */
export function createRateMeter(now: () => number = () => performance.now()): RateMeter {
  let stage: string | undefined
  let samples: readonly Sample[] = []
  let lastDone = 0
  let spacingMs = 0

  function remember(sample: Sample): void {
    const last = samples.at(-1)
    if (last !== undefined && sample.at - last.at < spacingMs) return
    samples = [...samples, sample]
    if (samples.length < maxSamples) return
    samples = samples.filter((_, index) => index % 2 === 0)
    spacingMs = (2 * (sample.at - samples[0]!.at)) / maxSamples
  }

  return {
    measure(progress) {
      const at = now()
      const { done, total } = progress
      if (progress.stage !== stage || done < lastDone) {
        stage = progress.stage
        samples = []
        spacingMs = 0
      }
      lastDone = done
      remember({ at, done })
      const first = samples[0]!
      const halfway = (first.at + at) / 2
      const later = samples.findLast((sample) => sample.at <= halfway) ?? first
      const from = later.done < done ? later : first
      if (at - first.at < leastMs || done === from.done) return progress
      const perSecond = (1000 * (done - from.done)) / (at - from.at)
      if (total === undefined) return { ...progress, perSecond }
      const left = Math.max(0, total - done)
      if (left > 0 && at - first.at < leastToForetellMs) return { ...progress, perSecond }
      return { ...progress, perSecond, remainingSeconds: left / perSecond }
    },
  }
}
