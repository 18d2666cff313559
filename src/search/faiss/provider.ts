import type { Piscina } from 'piscina'
import { workerUrl } from '../../platform/workers/url.ts'
import {
  createTablePool,
  createTableProvider,
  type TableProviderOptions,
} from '../table/table-provider.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import { type FaissKind, loadFaissAddon } from './addon.ts'
import type { FaissWorkerOptions } from './worker.ts'

export interface FaissProviderOptions extends TableProviderOptions, Partial<FaissKind> {
  /** For tests; as {@link createFaissPool} makes it. The provider closes it. */
  readonly pool?: Piscina
}

/** The pool of the one worker that holds all FAISS indexes: `Flat`, by inner product, unless told otherwise. */
export function createFaissPool({ factory = 'Flat', metric = 'ip' }: Partial<FaissKind>): Piscina {
  const workerData: FaissWorkerOptions = { factory, metric }
  return createTablePool(workerUrl(import.meta.url, './worker.js'), workerData)
}

/**
 * Makes indexes that the FAISS library keeps and searches. A worker thread knows which face is where;
 * it hands native work to libuv's threads, so that several searches run at once and neither they nor
 * training hold up an event loop. What has to be trained is a flat, exact index until there are
 * enough faces; see {@link createTableProvider}.
 *
 * Opening fails with `indexKindUnavailable` when the addon is not built, and with `invalidOption`
 * for a factory string that cannot be used.
 */
export function createFaissProvider(options: FaissProviderOptions = {}): VectorIndexProvider {
  return createTableProvider('faiss', options.pool ?? createFaissPool(options), options)
}

/** Whether the addon is built and loads. @returns the library's version, or undefined */
export function faissVersion(): string | undefined {
  try {
    return loadFaissAddon().version
  } catch {
    return undefined
  }
}
