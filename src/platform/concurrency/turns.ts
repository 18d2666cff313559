import { createSerialQueue, type SerialQueue } from './serial-queue.ts'

/** Runs tasks of one key one after the other, those of different keys at once. */
export interface Turns {
  run<T>(key: string, task: () => Promise<T>): Promise<T>
}

export function createTurns(): Turns {
  const queues = new Map<string, { readonly queue: SerialQueue; waiting: number }>()
  return {
    async run(key, task) {
      const entry = queues.get(key) ?? { queue: createSerialQueue(), waiting: 0 }
      queues.set(key, entry)
      entry.waiting++
      try {
        return await entry.queue.run(task)
      } finally {
        if (--entry.waiting === 0) queues.delete(key)
      }
    },
  }
}
