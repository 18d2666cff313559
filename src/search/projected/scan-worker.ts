import { parentPort, workerData } from 'node:worker_threads'
import { createScanner } from './scan.ts'
import type { ScanThreadMessage } from './scan-threads.ts'

const scanners = new Map<number, (job: number) => void>()

parentPort?.on('message', (message: ScanThreadMessage) => {
  if (message.do === 'attach') {
    const kernel = workerData as WebAssembly.Module
    scanners.set(message.table, createScanner(kernel, message, message.thread))
  } else if (message.do === 'scan') {
    scanners.get(message.table)?.(message.job)
  } else {
    scanners.delete(message.table)
  }
})
