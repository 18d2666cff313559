// [Note: Calls that never settle]
// Three things keep a call into a worker thread from settling: the thread that receives a message
// cannot deserialise it (seen with objects nested 1,950 levels deep), the thread ends, or it never
// answers. piscina reports the end of a thread only. So an answer that is lost on the way ends its
// thread, which rejects the calls that it had, and every call has a time limit. A thread that runs
// native code behind a gate is ended in a pause of it, see [Note: Ending while a network runs] in
// run-gate.ts.

/** The part of a piscina pool that is used. */
export interface ThreadPool {
  readonly threads: readonly PoolThread[]
  on(event: 'workerCreate', listener: (worker: PoolWorker) => void): unknown
}

interface PoolThread {
  readonly threadId: number
  terminate(): Promise<number>
}

interface PoolWorker {
  /** Id of its thread. */
  readonly id: number
}

/** Tells when no native code runs that would abort the process when its thread ends. */
export interface PauseGate {
  /** @returns whether there was a pause within `boundMs` */
  waitForPause(boundMs: number): Promise<boolean>
}

/** Milliseconds between two looks whether a thread that is to be ended is still stuck. */
const pauseTimeoutMs = 10_000

interface AnswerPort {
  on(event: 'messageerror', listener: (error: Error) => void): unknown
}

/**
 * Ends a thread of the pool when an answer of it cannot be deserialised, so that the pool rejects
 * its calls and replaces it; see [Note: Calls that never settle]. To be called in the turn of the
 * event loop in which the pool was made.
 *
 * @param gate that of the native code that the threads run, if any
 */
export function endThreadsOfLostAnswers(pool: ThreadPool, gate?: PauseGate): void {
  pool.on('workerCreate', (worker) => {
    portOf(worker)?.on('messageerror', () => void endStuckThread(pool, worker.id, { gate }))
  })
}

/**
 * Ends a thread of the pool, which then rejects its calls and replaces it. Never while native code
 * runs behind the gate, however long that takes: it may be this thread's own, and the process would
 * abort with all that it serves.
 *
 * @param gate    that of the native code that the threads run, if any
 * @param isStuck asked in the pause: a thread that has answered by then is left alone
 */
export async function endStuckThread(
  pool: ThreadPool,
  threadId: number,
  {
    gate,
    isStuck = () => true,
  }: { readonly gate?: PauseGate | undefined; readonly isStuck?: () => boolean },
): Promise<void> {
  const find = () => pool.threads.find((thread) => thread.threadId === threadId)
  while (find() !== undefined && isStuck()) {
    const isFree = (await gate?.waitForPause(pauseTimeoutMs)) ?? true
    if (!isFree) continue
    if (isStuck()) void find()?.terminate()
    return
  }
}

/** The port that a worker's answers come by: piscina 5.3.2 has it behind a symbol that it does not export. */
function portOf(worker: PoolWorker): AnswerPort | undefined {
  for (const symbol of Object.getOwnPropertySymbols(worker)) {
    const inner = (worker as unknown as Record<symbol, { readonly port?: AnswerPort } | undefined>)[
      symbol
    ]
    if (inner?.port !== undefined) return inner.port
  }
  return undefined
}

/**
 * Waits for `promise`, at most so long.
 *
 * @param limitMs    milliseconds
 * @param onTimeout  makes the error of a promise that has not settled by then
 * @throws what the promise rejects with, or what `onTimeout` returned
 */
export async function settleWithin<T>(
  promise: Promise<T>,
  limitMs: number,
  onTimeout: () => Error,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(onTimeout()), limitMs)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
