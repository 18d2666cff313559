import { parentPort, workerData } from 'node:worker_threads'
import { joinRunGate } from '../../platform/workers/run-gate.ts'
import { workerUrl } from '../../platform/workers/url.ts'
import { createKernelLoader } from '../table/kernel.ts'
import { createProduct } from '../table/product.ts'
import { createComparison } from './comparison.ts'

/** The input of one comparison; the thread ends with it, and its memory with the thread. */
export interface PairWorkerData {
  readonly dimension: number
  readonly least: number
  /** Cores that work at once. */
  readonly threads: number
  /** See [Note: Ending while a network runs] in run-gate.ts. */
  readonly gate: SharedArrayBuffer
}

/** What the worker is told: vectors, each answered by `taken`, and then that these were all. */
export type PairWorkerTask =
  | { readonly vectors: Float32Array<ArrayBuffer>; readonly owners: Int32Array<ArrayBuffer> }
  | 'compare'

export type PairWorkerMessage =
  | { readonly kind: 'taken' }
  | { readonly kind: 'found'; readonly pairs: Uint32Array<ArrayBuffer> }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done' }

/** Progress is told this often. Milliseconds. */
const progressMs = 200

const { dimension, least, threads, gate } = workerData as PairWorkerData
const loadKernel = createKernelLoader(workerUrl(import.meta.url, '../../kernels/scan-f32.wasm'))
const product = await createProduct(await loadKernel(), { gate: joinRunGate(gate), threads })
const comparison = createComparison(product, { dimension, least })

function tell(message: PairWorkerMessage): void {
  parentPort?.postMessage(message)
}

async function compare(): Promise<void> {
  let told = performance.now()
  await comparison.run({
    found: (pairs) => tell({ kind: 'found', pairs: pairs as Uint32Array<ArrayBuffer> }),
    onProgress(share) {
      if (performance.now() - told < progressMs) return
      told = performance.now()
      tell({ kind: 'progress', share })
    },
  })
  tell({ kind: 'done' })
}

parentPort?.on('message', (task: PairWorkerTask) => {
  if (task === 'compare') {
    // A failure ends the thread, which its owner hears of.
    void compare().catch((error: unknown) => {
      setImmediate(() => {
        throw error
      })
    })
    return
  }
  comparison.add(task.vectors, task.owners)
  tell({ kind: 'taken' })
})
