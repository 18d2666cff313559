// [Note: Ending while a network runs]
// The runtime's binding runs a network in native code, on the worker's thread. When that thread is
// terminated meanwhile, the binding comes back to a JavaScript engine that is going down, throws a
// C++ exception that nobody catches, and the whole process aborts (SIGABRT, exit code 134).
// `process.exit` terminates all threads. So a run begins only while a gate is open. Before threads are
// ended the gate is closed, and the runs that have begun are waited for; no other run begins after that. One run is
// a layer's worth of an image to some hundred milliseconds, and at most seconds for the largest.

/** Where a thread that runs networks asks before each run. */
export interface RunGate {
  /** Calls `run`; once the gate is closed it does not, and the promise never settles. */
  pass<T>(run: () => Promise<T>): Promise<T>
}

/** The side of the thread that ends the others. */
export interface RunGateKeeper {
  /** Memory to give to {@link joinRunGate} on another thread; it is shared, not copied. */
  readonly shared: SharedArrayBuffer
  /** Lets no further run begin, and waits until none is inside, or for `boundMs`. @returns whether none is */
  close(boundMs: number): Promise<boolean>
  /** Waits until no run is inside, or for `boundMs`; others may begin at once. @returns whether none was inside */
  waitForPause(boundMs: number): Promise<boolean>
  /** The same as `close`, blocking this thread: for the moment when the process ends. */
  closeSync(boundMs: number): void
}

const closedAt = 0
const insideAt = 1
const pollMs = 5

export function createRunGateKeeper(): RunGateKeeper {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  const state = new Int32Array(shared)

  async function waitForPause(boundMs: number): Promise<boolean> {
    const deadline = performance.now() + boundMs
    while (Atomics.load(state, insideAt) > 0) {
      if (performance.now() >= deadline) return false
      await new Promise((resolve) => setTimeout(resolve, pollMs))
    }
    return true
  }

  return {
    shared,
    async close(boundMs) {
      Atomics.store(state, closedAt, 1)
      return waitForPause(boundMs)
    },
    waitForPause,
    closeSync(boundMs) {
      Atomics.store(state, closedAt, 1)
      const deadline = performance.now() + boundMs
      for (;;) {
        const inside = Atomics.load(state, insideAt)
        const left = deadline - performance.now()
        if (inside === 0 || left <= 0) return
        Atomics.wait(state, insideAt, inside, left)
      }
    },
  }
}

/** The gate of a {@link RunGateKeeper}, for the thread that runs networks. */
export function joinRunGate(shared: SharedArrayBuffer): RunGate {
  const state = new Int32Array(shared)
  const leave = () => {
    Atomics.sub(state, insideAt, 1)
    Atomics.notify(state, insideAt)
  }
  return {
    async pass(run) {
      // Counted before it looks, so that a gate that closes in between waits for it.
      Atomics.add(state, insideAt, 1)
      if (Atomics.load(state, closedAt) === 1) {
        leave()
        return new Promise(() => {})
      }
      try {
        return await run()
      } finally {
        leave()
      }
    },
  }
}
