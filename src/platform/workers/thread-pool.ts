import { Piscina } from 'piscina'
import { endThreadsOfLostAnswers, type PauseGate, settleWithin } from './calls.ts'

type PoolOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>

/** How the threads of a pool are run; piscina's own options, of which these are used. */
export interface ThreadPoolOptions extends PoolOptions {
  /** JavaScript module that the threads load. */
  readonly file: URL
  /** Function of the module that does a task. */
  readonly name: string
  /** Of the native code that the threads run, if any; see [Note: Ending while a network runs] in run-gate.ts. */
  readonly gate?: PauseGate | undefined
}

/** A thread ends when the native code that it is in returns. Milliseconds. */
const endTimeoutMs = 10_000

/**
 * Makes a pool of worker threads. A thread that dies without a task is replaced; one whose answer is
 * lost is ended, which rejects its tasks; see [Note: Calls that never settle] in calls.ts.
 */
export function createThreadPool<Task, Answer>({
  file,
  gate,
  ...options
}: ThreadPoolOptions): Piscina<Task, Answer> {
  const pool = new Piscina<Task, Answer>({ filename: file.href, ...options })
  // The end of a thread that has no task is an event, which would end the process without a listener.
  pool.on('error', () => {})
  endThreadsOfLostAnswers(pool, gate)
  return pool
}

/**
 * Calls `listener` when the pool has no thread left: those that die while they start are not
 * replaced (the pool would try again without end), and tasks that wait would never settle.
 */
export function onDeserted(pool: Piscina, listener: () => void): void {
  pool.on('workerDestroy', () => {
    queueMicrotask(() => {
      if (pool.threads.length === 0) listener()
    })
  })
}

/**
 * Ends the threads of a pool.
 *
 * @param toError  makes the error when a thread does not end, which is then left behind
 * @throws what `toError` returned
 */
export function endThreadPool(pool: Piscina, toError: () => Error): Promise<void> {
  return settleWithin(pool.destroy(), endTimeoutMs, toError)
}
