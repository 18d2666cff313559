import { parentPort, workerData } from 'node:worker_threads'
import { learnProjection } from './learning.ts'

/** The input of one learning; the thread ends with it, and its memory with the thread. */
export interface LearnTask {
  readonly sample: Float32Array<ArrayBuffer>
  readonly dimension: number
  readonly faces: number
  readonly reserve: number
  readonly kernels: { readonly exact: WebAssembly.Module; readonly codes: WebAssembly.Module }
}

const { sample, kernels, ...gallery } = workerData as LearnTask
parentPort?.postMessage(learnProjection(sample, gallery, kernels))
