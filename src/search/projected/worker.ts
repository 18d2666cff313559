import { Worker } from 'node:worker_threads'
import { workerData } from 'piscina'
import { createSerialQueue } from '../../platform/concurrency/serial-queue.ts'
import { settleWithin } from '../../platform/workers/calls.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import { createKernelLoader } from '../table/kernel.ts'
import { createTableWorker, type TableAnswer, type TableTask } from '../table/table-worker.ts'
import type { LearnTask } from './learn-worker.ts'
import type { Learned } from './learning.ts'
import { createScanThreads, type ScanThreads } from './scan-threads.ts'
import { createProjectedTable } from './table.ts'

/** Options that the provider gives its worker. */
export interface ProjectedWorkerOptions {
  readonly minFaces: number
  readonly threads: number
}

const { minFaces, threads } = workerData as ProjectedWorkerOptions
const loadExactKernel = createKernelLoader(
  workerUrl(import.meta.url, '../../kernels/scan-f32.wasm'),
)
const loadCodeKernel = createKernelLoader(workerUrl(import.meta.url, '../../kernels/scan-i8.wasm'))
/** One gallery learns at a time: each keeps a core busy and needs up to half a gigabyte. */
const learnings = createSerialQueue()
// Learning takes a sample, so that it is a matter of minutes for a gallery of any size.
const learningTimeoutMs = 3_600_000
let scanThreads: ScanThreads | undefined

/** Runs one task; the state is this thread's tables. */
export const run: (task: TableTask) => Promise<TableAnswer> = createTableWorker(
  async (dimension) => {
    const [exact, codes] = await Promise.all([loadExactKernel(), loadCodeKernel()])
    const kernels = { exact, codes }
    scanThreads ??= createScanThreads(codes, threads)
    return createProjectedTable(dimension, {
      kernels,
      scanThreads,
      minFaces,
      learn: (sample, gallery) =>
        learnings.run(() => learn({ sample, dimension, ...gallery, kernels })),
    })
  },
)

/**
 * Learns in a thread of its own, which ends with it; see [Note: Calls that never settle] in
 * calls.ts.
 */
async function learn(task: LearnTask): Promise<Learned | undefined> {
  let worker: Worker | undefined
  const learned = new Promise<Learned | undefined>((resolve, reject) => {
    worker = new Worker(workerUrl(import.meta.url, './learn-worker.js'), {
      workerData: task,
      transferList: [task.sample.buffer],
    })
    worker.once('message', resolve)
    worker.once('messageerror', reject)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`Learning ended with code ${code}.`)))
  })
  try {
    return await settleWithin(learned, learningTimeoutMs, () => new Error('Learning hangs.'))
  } finally {
    void worker?.terminate()
  }
}
