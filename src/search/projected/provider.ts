import { availableParallelism } from 'node:os'
import type { Piscina } from 'piscina'
import { workerUrl } from '../../platform/workers/url.ts'
import {
  createTablePool,
  createTableProvider,
  type TableProviderOptions,
} from '../table/table-provider.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import type { ProjectedWorkerOptions } from './worker.ts'

/** Smaller galleries are searched exactly: that takes less than a millisecond, and there is little to learn from. */
const defaultMinFaces = 4096

/** More threads than this only wait for the memory. */
const maxThreads = 4

export interface ProjectedProviderOptions extends TableProviderOptions {
  /** Smaller galleries are searched exactly. Default 4096. */
  readonly minFaces?: number
  /** Threads that share the scan of a large gallery, from 1. Default: one a core, at most 4. */
  readonly threads?: number
  /** A pool as {@link createProjectedPool} makes it, for tests. The provider closes it. */
  readonly pool?: Piscina
}

/** The pool of the one worker that holds all projected indexes. */
export function createProjectedPool(
  options: Pick<ProjectedProviderOptions, 'minFaces' | 'threads'> = {},
): Piscina {
  const workerData: ProjectedWorkerOptions = {
    minFaces: options.minFaces ?? defaultMinFaces,
    threads: options.threads ?? Math.min(availableParallelism(), maxThreads),
  }
  return createTablePool(workerUrl(import.meta.url, './worker.js'), workerData)
}

/**
 * Makes indexes that search in two passes: a scan of all faces by short int8 codes, their first
 * coordinates along the gallery's principal axes, then a ranking of the best by their full vectors.
 * What is found has the similarities of an exact search; what the first pass misses is measured
 * when the axes are learned, and held below one best face in a thousand (see [Note: Self-check] in
 * learning.ts). Small galleries, large `k` and galleries that no projection suits are searched
 * exactly. A face takes 4 bytes a number and its code; see {@link createTableProvider}.
 */
export function createProjectedProvider(
  options: ProjectedProviderOptions = {},
): VectorIndexProvider {
  return createTableProvider('projected', options.pool ?? createProjectedPool(options), options)
}
