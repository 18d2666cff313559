/** Lets a few requests go at a time; the others wait for their turn, in order. */
export interface Turns {
  /**
   * Runs a task when it is its turn.
   *
   * @throws {DOMException} `AbortError` when `signal` is aborted before
   */
  run<Answer>(task: () => Promise<Answer>, signal: AbortSignal): Promise<Answer>
}

/** Creates turns for `most` tasks at a time. */
export function createTurns(most: number): Turns {
  const waiting: (() => void)[] = []
  let running = 0

  function take(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        signal.removeEventListener('abort', leave)
        running++
        resolve()
      }
      const leave = () => {
        waiting.splice(waiting.indexOf(start), 1)
        reject(new DOMException('The request was cancelled.', 'AbortError'))
      }
      if (signal.aborted) reject(new DOMException('The request was cancelled.', 'AbortError'))
      else if (running < most) start()
      else {
        waiting.push(start)
        signal.addEventListener('abort', leave)
      }
    })
  }

  return {
    async run(task, signal) {
      await take(signal)
      try {
        return await task()
      } finally {
        running--
        waiting.shift()?.()
      }
    },
  }
}
