import { setTimeout as sleep } from 'node:timers/promises'
import type { TransferListItem } from 'node:worker_threads'
import { queueOptionsSymbol } from 'piscina'
import { FaceError } from '../../core/errors.ts'
import { endStuckThread } from '../../platform/workers/calls.ts'
import { type Outcome, readOutcome } from '../../platform/workers/outcome.ts'
import { createRunGateKeeper } from '../../platform/workers/run-gate.ts'
import { createThreadPool, endThreadPool, onDeserted } from '../../platform/workers/thread-pool.ts'
import { defaultImageTimeoutMs } from '../pipeline/image-limits.ts'
import type { MemoryBudgetKeeper } from '../pipeline/memory-budget.ts'
import type { WorkerAnswer, WorkerTask } from '../pipeline/worker.ts'
import type { AnalyzerStats } from './analyzer-types.ts'
import { createTaskQueue } from './task-queue.ts'

export interface WorkerPoolOptions {
  /** JavaScript module that exports `runTask`. */
  readonly file: URL
  readonly workers: number
  /** Tasks that may wait beyond those running, >= 1. */
  readonly maxQueue: number
  /** Workers start when they are needed, and end after so long without work. Without it they stay. */
  readonly keepMs?: number
  /**
   * How long a task may run, default {@link defaultImageTimeoutMs}. After that it fails, and its worker
   * is replaced.
   * It may wait for twice as long, so that it is not given up with a stuck one before it.
   */
  readonly taskTimeoutMs?: number
  /** How long `close` waits for accepted tasks, default 30,000. */
  readonly closeTimeoutMs?: number
  /** The budget in which its workers reserve memory for images. */
  readonly budget?: MemoryBudgetKeeper
}

export interface PostOptions {
  /** When it aborts, a waiting task leaves the queue, and the answer of a running one is discarded. */
  readonly signal?: AbortSignal | undefined
  readonly transferList?: readonly TransferListItem[]
}

/** A fixed number of worker threads and a bounded queue before them. */
export interface WorkerPool {
  /**
   * @throws {FaceError} what the worker answered; `overloaded` (info: `retryAfterSeconds`), also
   *   when it waited for too long, `aborted`, `imageTimeout` when it was not done in time, `workerFailed` when the worker died or its answer
   *   was lost, `notReady` after `close`; see [Note: Calls that never settle] in calls.ts
   */
  post(task: WorkerTask, options?: PostOptions): Promise<WorkerAnswer>
  stats(): AnalyzerStats
  /** Lets accepted tasks finish, then ends the workers. */
  close(): Promise<void>
  /** Waits, blocking, until no worker runs a network, and lets none begin: the process ends. */
  holdForExit(): void
}

/** A task from the moment when it is posted. */
interface Ticket {
  timer?: NodeJS.Timeout
  /** The thread of the worker that runs it. */
  threadId?: number
  /** When that began. */
  startedAt?: number
}

interface AcceptedTask {
  readonly run: Promise<Outcome<WorkerAnswer>>
  readonly fail: (error: FaceError) => void
}

/** Time that a task is assumed to take until the pool has measured some, milliseconds. */
const assumedRunMs = 100
/**
 * Size of a worker's heap for new objects. Pixels and tensors lie outside of it, so the default of
 * 48 MB only holds garbage. With 3 MB it is collected four times as often: an image of 250 px takes
 * 13.6 ms instead of 13.2 with 8, and no less with 16.
 */
const youngGenerationMb = 8
/**
 * Time for a network's run to end before its thread is terminated, milliseconds; see
 * [Note: Ending while a network runs] in run-gate.ts.
 */
const runTimeoutMs = 10_000
/** How many times as long as it may run a task may wait. */
const waitTimeouts = 2

export function createWorkerPool({
  file,
  workers,
  maxQueue,
  keepMs,
  taskTimeoutMs = defaultImageTimeoutMs,
  closeTimeoutMs = 30_000,
  budget,
}: WorkerPoolOptions): WorkerPool {
  const queue = createTaskQueue()
  const gate = createRunGateKeeper()
  const pool = createThreadPool<WorkerTask, Outcome<WorkerAnswer>>({
    file,
    gate,
    name: 'runTask',
    minThreads: keepMs === undefined ? workers : 0,
    maxThreads: workers,
    ...(keepMs === undefined ? {} : { idleTimeout: keepMs }),
    maxQueue,
    taskQueue: queue,
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    // Without it the pool moves a waiting task to the end of the queue at each completion.
    stricterFIFO: true,
    loadBalancer(task, threads) {
      const free = threads.find(({ currentUsage }) => currentUsage === 0) ?? null
      const ticket = task[queueOptionsSymbol] as Ticket | null
      if (free !== null && ticket !== null) {
        ticket.threadId = free.id
        ticket.startedAt = performance.now()
        clearTimeout(ticket.timer)
        ticket.timer = setTimeout(() => giveUp(ticket), taskTimeoutMs)
      }
      return free
    },
  })
  onDeserted(pool, failWaiting)
  // Not at `workerDestroy`, when the thread may still run.
  pool.on('workerCreate', ({ id }) => {
    const thread = pool.threads.find(({ threadId }) => threadId === id)
    thread?.once('exit', () => budget?.releaseThread(id))
  })
  const shared = {
    gate: gate.shared,
    ...(budget === undefined ? {} : { budget: budget.shared }),
  }
  const accepted = new Map<Ticket, AcceptedTask>()
  let completed = 0
  let busyMs = 0
  let closing: Promise<void> | undefined

  return {
    async post(task, { signal, transferList = [] } = {}) {
      if (closing !== undefined) throw new FaceError('notReady')
      if (signal?.aborted) throw new FaceError('aborted')
      const ticket: Ticket = {}
      ticket.timer = setTimeout(() => giveUp(ticket), waitTimeouts * taskTimeoutMs)
      const run = pool.run(
        { ...task, ...shared, ...{ [queueOptionsSymbol]: ticket } },
        { transferList: [...transferList] },
      )
      const { promise: failure, reject: fail } = createDeferred()
      accepted.set(ticket, { run, fail })
      const done = (): void => {
        clearTimeout(ticket.timer)
        accepted.delete(ticket)
        if (ticket.startedAt !== undefined) busyMs += performance.now() - ticket.startedAt
      }
      run.then(done, done)
      const abort = (): void => withdraw(ticket, new FaceError('aborted'))
      signal?.addEventListener('abort', abort, { once: true })
      try {
        const answer = await Promise.race([run.catch(rethrow), failure])
        completed++
        return readOutcome(answer)
      } finally {
        signal?.removeEventListener('abort', abort)
      }
    },
    stats: () => ({
      workers: pool.threads.length,
      queued: queue.size,
      running: accepted.size - queue.size,
      completed,
      busyMs,
    }),
    close() {
      closing ??= drain()
      return closing
    },
    holdForExit: () => gate.closeSync(runTimeoutMs),
  }

  function overloaded(): FaceError {
    return new FaceError('overloaded', { info: { retryAfterSeconds: estimateWait() } })
  }

  function tooSlow(): FaceError {
    return new FaceError('imageTimeout', {
      detail: `The limit is ${taskTimeoutMs} ms (limits.imageTimeoutMs).`,
      info: { imageTimeoutMs: taskTimeoutMs },
    })
  }

  /** Answers a task with an error at once; a waiting one leaves the queue, a running one's answer is dropped. */
  function withdraw(ticket: Ticket, error: FaceError): void {
    const task = accepted.get(ticket)
    if (queue.cancel(ticket)) {
      clearTimeout(ticket.timer)
      accepted.delete(ticket)
    }
    task?.fail(error)
  }

  function giveUp(ticket: Ticket): void {
    if (ticket.startedAt === undefined) withdraw(ticket, overloaded())
    else withdraw(ticket, tooSlow())
    if (ticket.threadId === undefined) return
    // It may answer meanwhile, and have another task.
    const isStuck = () => accepted.has(ticket)
    void endStuckThread(pool, ticket.threadId, { gate, isStuck })
  }

  function failWaiting(): void {
    for (const ticket of [...accepted.keys()]) withdraw(ticket, new FaceError('workerFailed'))
  }

  /** The pool's own errors are plain, and told apart only by their messages. */
  function rethrow(cause: unknown): never {
    const { message } = cause as Error
    if (message === 'Task queue is at limit') throw overloaded()
    throw new FaceError('workerFailed', { cause })
  }

  /** Seconds until the tasks that wait now are done, at least 1. */
  function estimateWait(): number {
    const runMs = completed === 0 ? assumedRunMs : pool.histogram.runTime.mean
    return Math.max(1, Math.ceil((accepted.size * runMs) / workers / 1000))
  }

  async function drain(): Promise<void> {
    const patience = new AbortController()
    const timeout = sleep(closeTimeoutMs, undefined, { signal: patience.signal }).catch(() => {})
    await Promise.race([Promise.allSettled([...accepted.values()].map(({ run }) => run)), timeout])
    patience.abort()
    const detail = 'A worker does not end.'
    const late = () => new FaceError('workerFailed', { detail })
    // Nor is one ended in which a network runs.
    if (!(await gate.close(runTimeoutMs))) throw late()
    await endThreadPool(pool, late)
  }
}

function createDeferred(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, fail) => {
    reject = fail
  })
  return { promise, reject }
}
