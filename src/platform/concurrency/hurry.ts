/** Work that pauses on purpose, and that somebody may hasten. */
export interface Hurry {
  /** Whether somebody waits for it. */
  readonly isWanted: () => boolean
  /**
   * Waits for so long, or until somebody hastens it.
   *
   * @param options `ref: false`: the wait does not keep the process from ending
   */
  pause(ms: number, options?: { readonly ref?: boolean }): Promise<void>
  /** Ends the pause, if there is one. */
  endPause(): void
  /** Does what waits for the work, which does not pause meanwhile unless it is told to. */
  during<T>(waiting: () => Promise<T>): Promise<T>
}

/** Nobody waits, and nothing pauses. */
export function createHurry(): Hurry {
  let waiting = 0
  let endPause = () => {}
  return {
    isWanted: () => waiting > 0,
    pause(ms, { ref = true } = {}) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, ms)
        if (!ref) timer.unref()
        endPause = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    },
    endPause: () => endPause(),
    async during(wait) {
      waiting++
      endPause()
      try {
        return await wait()
      } finally {
        waiting--
      }
    },
  }
}
