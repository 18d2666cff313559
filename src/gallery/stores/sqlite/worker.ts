import { Piscina } from 'piscina'
import { type BatchRunner, createBatchRunner } from './batch.ts'
import type { DatabaseOptions } from './open.ts'

/** What the store's thread runs: the calls of one batch. The thread owns the connection. */
export const runBatch: BatchRunner = createBatchRunner(Piscina.workerData as DatabaseOptions)
