import { workerData } from 'piscina'
import { createTableWorker, type TableAnswer, type TableTask } from '../table/table-worker.ts'
import type { FaissKind } from './addon.ts'
import { createFaissTable } from './table.ts'

/** What the provider tells its worker: the kind of all its indexes. */
export type FaissWorkerOptions = FaissKind

const { factory, metric } = workerData as FaissWorkerOptions

/**
 * Runs one task; the state is this thread's tables. Native work is done on libuv's threads, so many
 * tasks are under way at once; the tables see to their order.
 */
export const run: (task: TableTask) => Promise<TableAnswer> = createTableWorker(
  async (dimension) => createFaissTable(dimension, { factory, metric }),
  'own',
)
