import { EventEmitter } from 'node:events'
import type { Job } from '../storage/ports/jobs.ts'

/** Tells those who watch a job in this process that it has changed. */
export interface JobChanges {
  tell(job: Job): void
  /** Resolves at the next change of the job, after `ms`, or when the signal aborts. */
  next(id: string, ms: number, signal: AbortSignal): Promise<void>
}

export function createJobChanges(): JobChanges {
  const emitter = new EventEmitter().setMaxListeners(0)
  return {
    tell: ({ id }) => void emitter.emit(id),
    next: (id, ms, signal) =>
      new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          emitter.off(id, end)
          signal.removeEventListener('abort', end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        emitter.on(id, end)
        signal.addEventListener('abort', end)
        if (signal.aborted) end()
      }),
  }
}
