/** Whether the server answers, as the last requests have shown. */
export interface Connection {
  readonly isLost: () => boolean
  readonly report: (reached: boolean) => void
  /** Calls back at every change, until the returned function is called. */
  readonly subscribe: (changed: () => void) => () => void
}

/** Creates the state of the connection; it begins as not lost. */
export function createConnection(): Connection {
  const listeners = new Set<() => void>()
  let lost = false
  return {
    isLost: () => lost,
    report(reached) {
      if (lost === !reached) return
      lost = !reached
      for (const listener of listeners) listener()
    },
    subscribe(changed) {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
  }
}
