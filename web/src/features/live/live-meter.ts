/** How fast the live picture is answered. */
export interface LiveSpeed {
  /** Answered frames a second. */
  readonly framesPerSecond: number
  /** Median time from taking a frame to showing its answer, ms. */
  readonly delayMs: number
}

export interface LiveMeter {
  /** Takes an answer that is shown now. */
  shown(takenAtMs: number, nowMs: number): void
  /** `undefined` before there are enough answers. */
  speed(): LiveSpeed | undefined
}

/** So many answers are looked back on: about two seconds of a fast server. */
const window = 30
const fewest = 4

/** Creates the measure of a live picture, over its latest answers. */
export function createLiveMeter(): LiveMeter {
  const answers: { readonly at: number; readonly delay: number }[] = []
  return {
    shown(takenAtMs, nowMs) {
      answers.push({ at: nowMs, delay: nowMs - takenAtMs })
      if (answers.length > window) answers.shift()
    },
    speed() {
      const first = answers[0]
      const last = answers.at(-1)
      if (first === undefined || last === undefined || answers.length < fewest) return undefined
      const delays = answers.map(({ delay }) => delay).sort((a, b) => a - b)
      return {
        framesPerSecond: ((answers.length - 1) * 1_000) / Math.max(1, last.at - first.at),
        delayMs: delays[Math.floor(delays.length / 2)] ?? 0,
      }
    },
  }
}
