import type { Piscina } from 'piscina'
import { FaceError } from '../../core/errors.ts'
import { endStuckThread, settleWithin } from '../../platform/workers/calls.ts'
import { readOutcome } from '../../platform/workers/outcome.ts'
import type { RunGateKeeper } from '../../platform/workers/run-gate.ts'
import { createThreadPool, endThreadPool } from '../../platform/workers/thread-pool.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import type { SnapshotRejection } from './snapshot.ts'
import { toSnapshotPath } from './snapshot-files.ts'
import { createTableIndex, type TableHost, type TableIndex } from './table-index.ts'
import type { TableAnswer, TableOperation, TableTask } from './table-worker.ts'

/** How long the worker may take, in milliseconds. */
export interface TableLimits {
  /** For work that takes turns: a search waits behind the others. */
  readonly turnMs: number
  /** For work that grows with the gallery and lets others in. */
  readonly longMs: number
  /** For changes and saves that are under way when the provider is closed. */
  readonly closeMs: number
}

export const tableLimits: TableLimits = { turnMs: 300_000, longMs: 3_600_000, closeMs: 60_000 }

/** For a run of a network to end before its thread is ended. */
export const runTimeoutMs = 10_000

const longOperations: ReadonlySet<TableOperation> = new Set<TableOperation>([
  'open',
  'load',
  'save',
  'optimize',
  'drop',
])

export interface TableProviderOptions {
  /**
   * Snapshots are written to `<directory>/<collectionId>/<kind>.snapshot`, unencrypted. Without it
   * nothing is written: `save` does nothing and `load` finds nothing.
   */
  readonly directory?: string
  /**
   * The worker died and with it the vectors of this index. Until `load` or `clear` is called, its
   * other calls fail with `workerFailed`, so that nobody is taken for unknown.
   */
  readonly onLost?: (collectionId: string) => void
  /** A snapshot was there and was not used; `load` then gives `undefined`. */
  readonly onSnapshotRejected?: (collectionId: string, reason: SnapshotRejection) => void
  /** For tests; as {@link createTablePool} makes it. The provider closes it. */
  readonly pool?: Piscina
  /** Closed before the worker is ended; see [Note: Ending while a network runs] in run-gate.ts. */
  readonly gate?: ThreadGate
  /** For tests. */
  readonly limits?: TableLimits
}

type ThreadGate = Pick<RunGateKeeper, 'close' | 'waitForPause'>

/**
 * The pool of the one worker that holds all indexes of a kind. A second worker would not know the
 * vectors; tasks go to the worker at once and in order, and it alone decides what waits.
 *
 * @param worker  a module whose `run` is made by `createTableWorker`
 * @param workerData what `worker` reads as its data
 * @param gate that of the native code that the worker runs, if any
 */
export function createTablePool(worker: URL, workerData?: object, gate?: ThreadGate): Piscina {
  return createThreadPool({
    file: worker,
    gate,
    name: 'run',
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
    stricterFIFO: true,
    workerData,
    // Otherwise a worker without a task blocks its event loop until the next one comes, and neither
    // work in the background nor the freeing of native memory goes on.
    atomics: 'disabled',
    // Nobody reads the times.
    recordTiming: false,
  })
}

/**
 * Has a task done by the worker of a pool. One that takes too long ends the worker, which is stuck.
 * See [Note: Calls that never settle] in calls.ts.
 *
 * @throws {FaceError} `workerFailed` when the worker stops, or does not answer in time
 */
async function runInTablePool(
  pool: Piscina,
  task: TableTask,
  {
    transferList = [],
    limits = tableLimits,
    gate,
  }: {
    readonly transferList?: ArrayBuffer[] | undefined
    readonly limits?: TableLimits | undefined
    readonly gate?: ThreadGate | undefined
  },
): Promise<TableAnswer> {
  const limitMs = longOperations.has(task.operation) ? limits.longMs : limits.turnMs
  const answer: Promise<TableAnswer> = pool.run(task, { transferList })
  const late = () => {
    endStuckThreads(pool, answer, gate)
    return new Error(`It did not answer within ${limitMs / 1000} seconds.`)
  }
  try {
    return await settleWithin(answer, limitMs, late)
  } catch (cause) {
    throw new FaceError('workerFailed', { detail: 'The index worker stopped.', cause })
  }
}

/** Unless the answer comes before a thread may be ended. */
function endStuckThreads(
  pool: Piscina,
  answer: Promise<unknown>,
  gate: ThreadGate | undefined,
): void {
  let isStuck = true
  const settle = () => {
    isStuck = false
  }
  answer.then(settle, settle)
  for (const { threadId } of pool.threads) {
    void endStuckThread(pool, threadId, { gate, isStuck: () => isStuck })
  }
}

function toStuckError(): FaceError {
  return new FaceError('workerFailed', { detail: 'The index worker does not end.' })
}

/**
 * Makes indexes whose vectors live in one worker thread; the calling thread only passes messages.
 *
 * Calls fail with `workerFailed` when the worker dies (see `onLost`), with `overloaded` when there
 * is no memory for more vectors, with `notReady` after `close` and `collectionNotFound` after `destroy`.
 */
export function createTableProvider(
  kind: string,
  pool: Piscina,
  options: TableProviderOptions,
): VectorIndexProvider {
  const indexes = new Map<string, TableIndex>()
  let closed = false

  pool.on('workerDestroy', () => {
    if (closed) return
    // Later, because the pool has no new worker yet that could take a call.
    queueMicrotask(() => {
      for (const collectionId of [...indexes.keys()]) options.onLost?.(collectionId)
    })
  })

  /** Waits for changes and saves, then ends what tables do by themselves, such as to learn. */
  async function finish(): Promise<void> {
    await Promise.all([...indexes.values()].map((opened) => opened.idle()))
    // It took too long, and the worker has been ended.
    if (closed) return
    closed = true
    const drop = (collectionId: string) =>
      runInTablePool(pool, { operation: 'drop', collectionId }, options)
    await Promise.all([...indexes.keys()].map(drop))
  }

  const host: TableHost = {
    kind,
    async call(task, transferList) {
      if (closed) throw new FaceError('notReady', { detail: 'The index is closed.' })
      const { limits, gate } = options
      return readOutcome(await runInTablePool(pool, task, { transferList, limits, gate }))
    },
    path(collectionId) {
      return options.directory && toSnapshotPath(options.directory, collectionId, kind)
    },
    rejected: (collectionId, reason) => options.onSnapshotRejected?.(collectionId, reason),
    forget: (collectionId) => indexes.delete(collectionId),
  }

  return {
    kind,
    async open(collectionId, dimension) {
      if (!/^[\w-]{1,64}$/.test(collectionId)) {
        throw new FaceError('internal', { detail: 'A collection id cannot name a folder.' })
      }
      const known = indexes.get(collectionId)
      if (known !== undefined) {
        if (known.index.dimension === dimension) return known.index
        throw new FaceError('dimensionMismatch', { info: { expected: known.index.dimension } })
      }
      const opened = createTableIndex(host, collectionId, dimension)
      indexes.set(collectionId, opened)
      try {
        await opened.index.clear()
      } catch (error) {
        indexes.delete(collectionId)
        throw error
      }
      return opened.index
    },
    async close() {
      if (closed) return
      const { closeMs } = options.limits ?? tableLimits
      // A change that is cut off is done again from the store's feed, and a save from the start.
      await settleWithin(finish(), closeMs, () => new Error()).catch(() => undefined)
      closed = true
      // A thread in which native code runs is left behind, as one that does not end.
      if ((await options.gate?.close(runTimeoutMs)) === false) throw toStuckError()
      await endThreadPool(pool, toStuckError)
    },
  }
}
