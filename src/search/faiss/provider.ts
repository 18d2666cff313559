import type { Piscina } from 'piscina'
import { FaceError, fromErrorRecord } from '../../core/errors.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import { createTablePool, endTablePool, runInTablePool } from '../table/table-provider.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import { createNativeIndex, type FaissKind, type FaissMetric, loadFaissAddon } from './addon.ts'
import { createFaissIndex, type FaissHost, type FaissIndex } from './faiss-index.ts'
import { type SnapshotRejection, snapshotPath } from './snapshot.ts'
import type { FaissAnswer } from './worker.ts'

export interface FaissProviderOptions {
  /**
   * Snapshots are written to `<directory>/<collectionId>/faiss.snapshot`, unencrypted. Without it
   * nothing is written: `save` does nothing and `load` finds nothing.
   */
  readonly directory?: string
  /** What faiss' `index_factory` takes, for instance `IVF1024,Flat`; default `Flat`. */
  readonly factory?: string
  /** How vectors are compared; default `ip`. Of unit vectors both give the cosine. */
  readonly metric?: FaissMetric
  /** A snapshot was there and was not used; `load` then gives `undefined`. */
  readonly onSnapshotRejected?: (collectionId: string, reason: SnapshotRejection) => void
}

/**
 * Makes indexes that the FAISS library keeps and searches. A worker thread knows which face is where;
 * it hands native work to libuv's threads, so that several searches run at once and neither they nor
 * training hold up an event loop. What has to be trained is a flat, exact index until there are
 * enough faces.
 *
 * Opening fails with `indexKindUnavailable` when the addon is not built, and with `invalidOption`
 * for a factory string that cannot be used. Calls fail with `workerFailed` when the worker died
 * (until `load` or `clear`), with `notReady` after `close` and `collectionNotFound` after `destroy`.
 */
export function createFaissProvider(options: FaissProviderOptions = {}): VectorIndexProvider {
  const kind: FaissKind = { factory: options.factory ?? 'Flat', metric: options.metric ?? 'ip' }
  const indexes = new Map<string, FaissIndex>()
  let pool: Piscina | undefined
  let closed = false

  function startPool(): Piscina {
    const started = createTablePool(workerUrl(import.meta.url, './worker.js'))
    // The death of an idle worker; the calls that follow answer it.
    started.on('error', () => undefined)
    return started
  }

  const host: FaissHost = {
    async call(task, transferList = []) {
      if (closed) throw new FaceError('notReady', { detail: 'The index is closed.' })
      pool ??= startPool()
      const answer = await runInTablePool<FaissAnswer>(pool, task, { transferList })
      if ('error' in answer) throw fromErrorRecord(answer.error)
      return answer.value
    },
    path(collectionId) {
      return options.directory && snapshotPath(options.directory, collectionId)
    },
    rejected: (collectionId, reason) => options.onSnapshotRejected?.(collectionId, reason),
    forget: (collectionId) => indexes.delete(collectionId),
  }

  return {
    kind: 'faiss',
    async open(collectionId, dimension) {
      if (!/^[\w-]{1,64}$/.test(collectionId)) {
        throw new FaceError('internal', { detail: 'A collection id cannot name a folder.' })
      }
      const known = indexes.get(collectionId)
      if (known !== undefined) {
        if (known.index.dimension === dimension) return known.index
        throw new FaceError('dimensionMismatch', { info: { expected: known.index.dimension } })
      }
      const { lossy } = createNativeIndex(dimension, kind)
      const target = { ...kind, dimension }
      const opened = createFaissIndex(host, collectionId, { target, lossy })
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
      await Promise.all([...indexes.values()].map((opened) => opened.stop()))
      closed = true
      if (pool !== undefined) await endTablePool(pool)
    },
  }
}

/** Whether the addon is built and loads. @returns the library's version, or undefined */
export function faissVersion(): string | undefined {
  try {
    return loadFaissAddon().version
  } catch {
    return undefined
  }
}
