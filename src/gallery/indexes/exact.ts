import type { Piscina } from 'piscina'
import { disableRuntimeTelemetry } from '../../core/runtime-telemetry.ts'
import { workerUrl } from '../../core/worker-url.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import {
  createTablePool,
  createTableProvider,
  type TableProviderOptions,
} from '../vectors/table-provider.ts'

export interface ExactProviderOptions extends TableProviderOptions {
  /** For tests; as {@link createExactPool} makes it. The provider closes it. */
  readonly pool?: Piscina
}

/** The pool of the one worker that holds all exact indexes. */
export function createExactPool(): Piscina {
  disableRuntimeTelemetry()
  return createTablePool(workerUrl(import.meta.url, './exact-worker.js'))
}

/**
 * Makes indexes that compare a probe with every stored vector: exact, and the measure of every
 * other kind. Similarities are float64 sums over the stored float32 vectors. The vectors live in a
 * worker thread, 4 bytes a number; see {@link createTableProvider}.
 */
export function createExactProvider(options: ExactProviderOptions = {}): VectorIndexProvider {
  return createTableProvider('exact', options.pool ?? createExactPool(), options)
}
