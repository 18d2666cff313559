import { Worker } from 'node:worker_threads'
import { workerUrl } from '../../platform/workers/url.ts'
import type { CodeLayout, CodeTable } from './codes.ts'

/** A message to a scan thread. */
export type CrewMessage =
  | {
      readonly do: 'join'
      readonly table: number
      readonly memory: WebAssembly.Memory
      readonly layout: CodeLayout
      /** Number of the thread in this table's states. */
      readonly thread: number
    }
  | { readonly do: 'scan'; readonly table: number; readonly job: number }
  | { readonly do: 'leave'; readonly table: number }

/** The scan threads as one table uses them. */
export interface ScanTeam {
  /** Calls the other threads to a job; they come when they can. */
  call(job: number): void
  leave(): void
}

/** The threads that help with scans, for all tables of an index worker. */
export interface ScanCrew {
  /** Threads of a scan, with the one that leads it. */
  readonly threads: number
  join(table: CodeTable): ScanTeam
}

/**
 * Makes a crew. Its threads start when the first table joins; one that dies is done without.
 *
 * @param kernel   the compiled `scan-i8.wasm`
 * @param threads  from 1, with the calling thread
 */
export function createScanCrew(kernel: WebAssembly.Module, threads: number): ScanCrew {
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

  function tell(message: CrewMessage): void {
    for (const worker of workers) worker.postMessage(message)
  }

  return {
    threads,
    join({ memory, layout }) {
      start()
      const table = tables++
      workers.forEach((worker, i) => {
        const message: CrewMessage = { do: 'join', table, memory, layout, thread: i + 1 }
        worker.postMessage(message)
      })
      return {
        call: (job) => tell({ do: 'scan', table, job }),
        leave: () => tell({ do: 'leave', table }),
      }
    },
  }
}
