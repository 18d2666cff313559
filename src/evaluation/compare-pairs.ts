import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FaceError } from '../core/errors.ts'
import { workerUrl } from '../platform/workers/url.ts'
import {
  mergeStatistics,
  type PairInput,
  type PairStatistics,
  rowsPerBlock,
} from './pair-statistics.ts'
import type { PairWorkerData } from './pair-worker.ts'

export interface ComparePairsOptions {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Compares every pair of rows, on all cores.
 *
 * @param input  `embeddings` and `persons` in shared memory, or they are copied to every worker
 * @throws {FaceError} `aborted`; `workerFailed` when a worker dies
 */
export async function comparePairs(
  input: PairInput,
  options: ComparePairsOptions = {},
): Promise<PairStatistics> {
  const blocks = Math.ceil(input.persons.length / rowsPerBlock)
  const nextBlock = new Int32Array(new SharedArrayBuffer(4))
  const data: PairWorkerData = { ...input, nextBlock }
  const count = Math.max(1, Math.min(availableParallelism(), blocks))
  let done = 0
  const onBlock = (): void => options.onProgress?.(++done, blocks)
  const workers = Array.from(
    { length: count },
    () => new Worker(workerUrl(import.meta.url, './pair-worker.js'), { workerData: data }),
  )
  try {
    const parts = await Promise.all(
      workers.map((worker) => statisticsOf(worker, onBlock, options.signal)),
    )
    return mergeStatistics(parts, input.topCount)
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

type Message = { readonly done: number } | { readonly statistics: PairStatistics }

function statisticsOf(
  worker: Worker,
  onBlock: () => void,
  signal: AbortSignal | undefined,
): Promise<PairStatistics> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new FaceError('aborted'))
    if (signal?.aborted) onAbort()
    signal?.addEventListener('abort', onAbort, { once: true })
    worker.on('message', (message: Message) => {
      if ('done' in message) return onBlock()
      signal?.removeEventListener('abort', onAbort)
      resolve(message.statistics)
    })
    worker.on('error', (cause) => reject(new FaceError('workerFailed', { cause })))
    worker.on('exit', () => reject(new FaceError('workerFailed')))
  })
}
