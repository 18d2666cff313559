/** Lets searches run side by side, and one change at a time without any of them. */
export interface Gate {
  shared<T>(task: () => Promise<T>): Promise<T>
  /** Waits for the searches under way; later ones wait for it. Never two at once: the caller sees to it. */
  exclusive<T>(task: () => Promise<T>): Promise<T>
}

/**
 * Creates an open gate. It stands before the native lock so that what has to wait does so here and
 * not on a thread of libuv's pool, which the whole process shares.
 */
export function createGate(): Gate {
  let running = 0
  let change: Promise<void> | undefined
  let drained: (() => void) | undefined

  return {
    async shared(task) {
      while (change) await change
      running++
      try {
        return await task()
      } finally {
        running--
        if (running === 0) drained?.()
      }
    },
    async exclusive(task) {
      let reopen = (): void => undefined
      change = new Promise((resolve) => {
        reopen = resolve
      })
      try {
        if (running > 0) {
          await new Promise<void>((resolve) => {
            drained = resolve
          })
        }
        return await task()
      } finally {
        drained = undefined
        change = undefined
        reopen()
      }
    },
  }
}
