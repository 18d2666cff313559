import { join } from 'node:path'
import { Piscina } from 'piscina'
import { FaceError, fromErrorRecord } from '../../core/errors.ts'
import { workerUrl } from '../../core/worker-url.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import { createExactIndex, type ExactHost, type ExactIndex } from './exact-index.ts'
import type { SnapshotRejection } from './exact-snapshot.ts'
import type { ExactAnswer } from './exact-worker.ts'

export interface ExactProviderOptions {
  /**
   * Snapshots are written to `<directory>/<collectionId>/exact.snapshot`, unencrypted. Without it
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
  /** For tests; as {@link createExactPool} makes it. The provider closes it. */
  readonly pool?: Piscina
}

/**
 * The pool of the one worker that holds all exact indexes. A second worker would not know the
 * vectors; tasks go to the worker at once and in order, and it alone decides what waits.
 */
export function createExactPool(): Piscina {
  return new Piscina({
    filename: workerUrl(import.meta.url, './exact-worker.js').href,
    name: 'run',
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
    stricterFIFO: true,
  })
}

/**
 * Makes indexes that compare a probe with every stored vector: exact, and the measure of every
 * other kind. Similarities are float64 sums over the stored float32 vectors. The vectors live in a
 * worker thread, 4 bytes a number; the calling thread only passes messages.
 *
 * Calls fail with `workerFailed` when the worker dies (see `onLost`), with `overloaded` when there
 * is no memory for more vectors, with `notReady` after `close` and `collectionNotFound` after `destroy`.
 */
export function createExactProvider(options: ExactProviderOptions = {}): VectorIndexProvider {
  const pool = options.pool ?? createExactPool()
  const indexes = new Map<string, ExactIndex>()
  let closed = false

  pool.on('workerDestroy', () => {
    if (closed) return
    // Later, because the pool has no new worker yet that could take a call.
    queueMicrotask(() => {
      for (const collectionId of [...indexes.keys()]) options.onLost?.(collectionId)
    })
  })
  // An idle worker that dies is reported here too; the loss has been handled above.
  pool.on('error', () => undefined)

  const host: ExactHost = {
    async call(task, transferList = []) {
      if (closed) throw new FaceError('notReady', { detail: 'The index is closed.' })
      let answer: ExactAnswer
      try {
        answer = await pool.run(task, { transferList })
      } catch (cause) {
        throw new FaceError('workerFailed', { detail: 'The index worker stopped.', cause })
      }
      if ('error' in answer) throw fromErrorRecord(answer.error)
      return answer.value
    },
    path(collectionId) {
      return options.directory && join(options.directory, collectionId, 'exact.snapshot')
    },
    rejected: (collectionId, reason) => options.onSnapshotRejected?.(collectionId, reason),
    forget: (collectionId) => indexes.delete(collectionId),
  }

  return {
    kind: 'exact',
    async open(collectionId, dimension) {
      if (!/^[\w-]{1,64}$/.test(collectionId)) {
        throw new FaceError('internal', { detail: 'A collection id cannot name a folder.' })
      }
      const known = indexes.get(collectionId)
      if (known !== undefined) {
        if (known.index.dimension === dimension) return known.index
        throw new FaceError('dimensionMismatch', { info: { expected: known.index.dimension } })
      }
      const opened = createExactIndex(host, collectionId, dimension)
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
      await Promise.all([...indexes.values()].map((opened) => opened.idle()))
      closed = true
      await pool.destroy()
    },
  }
}
