/** Runs tasks one after the other, in the order of the calls. */
export interface SerialQueue {
  /** @returns what the task returns; a task that fails does not stop the ones behind it */
  run<T>(task: () => Promise<T>): Promise<T>
}

/** Creates an empty queue. A task must not wait for one behind it. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve()
  return {
    run(task) {
      const result = last.then(task)
      last = result.catch(() => {})
      return result
    },
  }
}
