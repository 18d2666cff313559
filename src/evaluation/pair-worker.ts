import { parentPort, workerData } from 'node:worker_threads'
import { createPairCounter, type PairInput, rowsPerBlock } from './pair-statistics.ts'

export interface PairWorkerData extends PairInput {
  /** Shared: the next block that nobody has taken. */
  readonly nextBlock: Int32Array
}

const data = workerData as PairWorkerData
const counter = createPairCounter(data)
const blocks = Math.ceil(data.persons.length / rowsPerBlock)
for (;;) {
  const block = Atomics.add(data.nextBlock, 0, 1)
  if (block >= blocks) break
  counter.countBlock(block)
  parentPort?.postMessage({ done: 1 })
}
parentPort?.postMessage({ statistics: counter.finish() })
