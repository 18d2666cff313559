import type { Piscina } from 'piscina'
import { disableRuntimeTelemetry } from '../../platform/telemetry.ts'
import { createRunGateKeeper, type RunGateKeeper } from '../../platform/workers/run-gate.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import {
  createTablePool,
  createTableProvider,
  runTimeoutMs,
  type TableProviderOptions,
} from '../table/table-provider.ts'
import type { VectorIndexProvider } from '../vector-index.ts'
import type { ExactWorkerOptions } from './worker.ts'

export interface ExactProviderOptions extends TableProviderOptions {
  /** A pool as {@link createExactPool} makes it, for tests. The provider closes it. */
  readonly pool?: Piscina
}

/** The pool of the one worker that holds all exact indexes. */
export function createExactPool(gate: RunGateKeeper = createRunGateKeeper()): Piscina {
  disableRuntimeTelemetry()
  const workerData: ExactWorkerOptions = { gate: gate.shared }
  return createTablePool(workerUrl(import.meta.url, './worker.js'), workerData, gate)
}

/**
 * Makes indexes that compare a probe with every stored vector: exact, and the measure of every
 * other kind. Similarities are float64 sums over the stored float32 vectors. The vectors live in a
 * worker thread, 4 bytes a number; see {@link createTableProvider}.
 */
export function createExactProvider(options: ExactProviderOptions = {}): VectorIndexProvider {
  const gate = createRunGateKeeper()
  const pool = options.pool ?? createExactPool(gate)
  const provider = createTableProvider('exact', pool, {
    ...options,
    gate,
  })
  const onExit = () => gate.closeSync(runTimeoutMs)
  process.on('exit', onExit)
  return {
    ...provider,
    async close() {
      await provider.close()
      process.off('exit', onExit)
    },
  }
}
