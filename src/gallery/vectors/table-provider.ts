import { join } from 'node:path'
import { Piscina } from 'piscina'
import { FaceError, fromErrorRecord } from '../../core/errors.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import type { SnapshotRejection } from './snapshot.ts'
import { createTableIndex, type TableHost, type TableIndex } from './table-index.ts'
import type { TableAnswer } from './table-worker.ts'

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
}

/**
 * The pool of the one worker that holds all indexes of a kind. A second worker would not know the
 * vectors; tasks go to the worker at once and in order, and it alone decides what waits.
 *
 * @param worker  a module whose `run` is made by `createTableWorker`
 * @param workerData what `worker` reads as its data
 */
export function createTablePool(worker: URL, workerData?: object): Piscina {
  return new Piscina({
    filename: worker.href,
    name: 'run',
    minThreads: 1,
    maxThreads: 1,
    concurrentTasksPerWorker: Number.MAX_SAFE_INTEGER,
    stricterFIFO: true,
    workerData,
    // Otherwise a worker without a task blocks its event loop until the next one comes, and neither
    // work in the background nor the freeing of native memory goes on.
    atomics: 'disabled',
  })
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
  // An idle worker that dies is reported here too; the loss has been handled above.
  pool.on('error', () => undefined)

  const host: TableHost = {
    kind,
    async call(task, transferList = []) {
      if (closed) throw new FaceError('notReady', { detail: 'The index is closed.' })
      let answer: TableAnswer
      try {
        answer = await pool.run(task, { transferList })
      } catch (cause) {
        throw new FaceError('workerFailed', { detail: 'The index worker stopped.', cause })
      }
      if ('error' in answer) throw fromErrorRecord(answer.error)
      return answer.value
    },
    path(collectionId) {
      return options.directory && join(options.directory, collectionId, `${kind}.snapshot`)
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
      await Promise.all([...indexes.values()].map((opened) => opened.idle()))
      closed = true
      await pool.destroy()
    },
  }
}
