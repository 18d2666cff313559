import type { Output } from './output.ts'

/** Shows how far a long task is, on stderr. */
export interface Progress {
  update(done: number, total?: number): void
  /** Leaves the last state on the screen. */
  stop(): void
}

export interface ProgressOptions {
  readonly label: string
  /** What is counted, plural: `images`. */
  readonly unit: string
  readonly total: number
  /** Where there is no bar, say first how much there is to do. Default true. */
  readonly announce?: boolean
}

/** Lines of a log that nobody watches: often enough to see life, rare enough to read. */
const lineIntervalMs = 5000

/** A bar on a terminal, else a line every few seconds. */
export async function createProgress(output: Output, options: ProgressOptions): Promise<Progress> {
  const startedAt = performance.now()
  let done = 0
  let total = options.total
  const describe = () => {
    const seconds = (performance.now() - startedAt) / 1000
    return describeProgress({ done, total, seconds, unit: options.unit })
  }
  if (output.stderr.isTTY) {
    const { default: cliProgress } = await import('cli-progress')
    const bar = new cliProgress.SingleBar({
      stream: output.stderr,
      hideCursor: true,
      // Ctrl-C finishes what is in flight; the command stops the bar itself.
      gracefulExit: false,
      barsize: 28,
      format: `${options.label} [{bar}] {state}`,
    })
    bar.start(Math.max(1, total), 0, { state: describe() })
    return {
      update: (now, ofTotal) => {
        done = now
        if (ofTotal !== undefined && ofTotal !== total) {
          total = ofTotal
          bar.setTotal(Math.max(1, total))
        }
        bar.update(done, { state: describe() })
      },
      stop: () => bar.stop(),
    }
  }
  if (options.announce !== false && total > 0)
    output.note(`${options.label} ${formatTotal(total, options.unit)}.`)
  let lastLineAt = startedAt
  return {
    update: (now, ofTotal) => {
      done = now
      total = ofTotal ?? total
      if (performance.now() - lastLineAt < lineIntervalMs) return
      lastLineAt = performance.now()
      output.note(`${options.label} ${describe()}`)
    },
    stop: () => {},
  }
}

/** `30 images`, `1 image`. */
function formatTotal(total: number, unit: string): string {
  return `${total} ${total === 1 ? unit.replace(/s$/, '') : unit}`
}

/** For instance `120/1000 images | 14.2 images/s | 1 min 2 s left`. */
export function describeProgress(state: {
  readonly done: number
  readonly total: number
  readonly seconds: number
  readonly unit: string
}): string {
  const { done, total, seconds, unit } = state
  const parts = [`${done}/${total} ${unit}`]
  // The first moments say nothing about the rate.
  if (seconds > 0.5 && done > 0) {
    const rate = done / seconds
    parts.push(`${rate.toFixed(1)} ${unit}/s`)
    if (done < total) parts.push(`${formatDuration((total - done) / rate)} left`)
  }
  return parts.join(' | ')
}

/** `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}
