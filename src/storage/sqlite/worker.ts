import { parentPort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { type BatchRunner, createBatchRunner } from './batch.ts'
import type { DatabaseOptions } from './open.ts'

/** A message of the thread that is not an answer. */
export interface StoreNotice {
  /** Id of the person whose metadata cannot be read. */
  readonly unreadableMetadata: string
}

/** Runs the calls of one batch in the store's thread, which owns the connection. */
export const runBatch: BatchRunner = createBatchRunner(
  Piscina.workerData as DatabaseOptions,
  (personId) => parentPort?.postMessage({ unreadableMetadata: personId } satisfies StoreNotice),
)
