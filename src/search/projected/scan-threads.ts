import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../platform/workers/url.ts'
import type { CodeLayout, CodeTable } from './codes.ts'

/** A message to a scan thread. */
export type ScanThreadMessage =
  | {
      readonly do: 'attach'
      readonly table: number
      readonly memory: WebAssembly.Memory
      readonly layout: CodeLayout
      /** Number of the thread in this table's states. */
      readonly thread: number
    }
  | { readonly do: 'scan'; readonly table: number; readonly job: number }
  | { readonly do: 'detach'; readonly table: number }

/** The scan threads as one table uses them. */
export interface TableScanThreads {
  /** Wakes the other threads for a job; they come when they can. */
  wake(job: number): void
  detach(): void
}

/** The threads that help with scans, for all tables of an index worker. */
export interface ScanThreads {
  /** Threads of a scan, with the one that leads it. */
  readonly threads: number
  attach(table: CodeTable): TableScanThreads
}

/**
 * Makes the scan threads. They start when the first table is attached; one that dies is done without.
 *
 * @param kernel   the compiled `scan-i8.wasm`
 * @param threads  from 1, with the calling thread
 */
export function createScanThreads(kernel: WebAssembly.Module, threads: number): ScanThreads {
  const workers: Worker[] = []
  let tables = 0

  function start(): void {
    while (workers.length < threads - 1) {
      const file = workerUrl(import.meta.url, './scan-worker.js')
      const worker = new Worker(file, { workerData: kernel })
      // Posting to a thread that has died does nothing.
      worker.on('error', () => undefined)
      worker.unref()
      workers.push(worker)
    }
  }

  function post(message: ScanThreadMessage): void {
    for (const worker of workers) worker.postMessage(message)
  }

  return {
    threads,
    attach({ memory, layout }) {
      start()
      const table = tables++
      workers.forEach((worker, i) => {
        const message: ScanThreadMessage = { do: 'attach', table, memory, layout, thread: i + 1 }
        worker.postMessage(message)
      })
      return {
        wake: (job) => post({ do: 'scan', table, job }),
        detach: () => post({ do: 'detach', table }),
      }
    },
  }
}
