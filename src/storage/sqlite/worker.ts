import { parentPort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { type BatchRunner, createBatchRunner } from './batch.ts'
import type { DatabaseOptions } from './open.ts'

/** What the thread tells besides its answers. */
export interface StoreNotice {
  /** Of the person. */
  readonly unreadableMetadata: string
}

/** What the store's thread runs: the calls of one batch. The thread owns the connection. */
export const runBatch: BatchRunner = createBatchRunner(
  Piscina.workerData as DatabaseOptions,
  (personId) => parentPort?.postMessage({ unreadableMetadata: personId } satisfies StoreNotice),
)
