import { parentPort, workerData } from 'node:worker_threads'
import type { CrewMessage } from './crew.ts'
import { createScanner } from './scan.ts'

const scanners = new Map<number, (job: number) => void>()

parentPort?.on('message', (message: CrewMessage) => {
  if (message.do === 'join') {
    const kernel = workerData as WebAssembly.Module
    scanners.set(message.table, createScanner(kernel, message, message.thread))
  } else if (message.do === 'scan') {
    scanners.get(message.table)?.(message.job)
  } else {
    scanners.delete(message.table)
  }
})
