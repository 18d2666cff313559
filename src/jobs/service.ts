import type { Logger } from '../platform/logger.ts'
import type { Database } from '../storage/database.ts'
import { createJobChanges } from './changes.ts'
import type { JobKinds } from './job-kind.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createJobRunner } from './runner.ts'

export interface JobServiceOptions {
  readonly store: Database
  readonly kinds: JobKinds
  /** Jobs that this process runs at once, its own and those of others; with 0 it takes up none. */
  readonly concurrency: number
  /** How long a job is kept after its end. */
  readonly keepMs: number
  readonly logger?: Logger | undefined
  /** As of {@link import('./runner.ts').JobRunnerOptions}. */
  readonly leaseMs?: number
  readonly pollMs?: number
}

/** The jobs of a process: their use cases, and what runs them. */
export interface JobService {
  readonly jobs: Jobs
  /** Ends what runs here at its next safe place; its jobs go on later, here or at another node. */
  close(): Promise<void>
}

/** Creates the jobs of a process. To be closed before the use cases and the store. */
export function createJobService(options: JobServiceOptions): JobService {
  const { store, kinds, ...running } = options
  const changes = createJobChanges()
  const runner = createJobRunner({
    ...running,
    ...{ store: store.jobs, kinds, onChange: changes.tell },
  })
  return {
    jobs: createJobs({ store, kinds, changes, onWaiting: runner.wake }),
    close: runner.close,
  }
}
