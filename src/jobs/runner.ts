import { setTimeout as sleep } from 'node:timers/promises'
import type { CallContext } from '../core/actor.ts'
import type { Logger } from '../platform/logger.ts'
import type { ClaimedJob, Job, JobStore } from '../storage/ports/jobs.ts'
import { AttemptEnded, runAttempt } from './attempt.ts'
import type { JobKinds } from './job-kind.ts'

/** Another node takes over the jobs of one that died after so long, and a look for them. */
const defaultLeaseMs = 10_000
/** How often the database is asked for jobs of other processes. */
const defaultPollMs = 2000
/** How often old jobs are looked for. */
const expireEveryMs = 3_600_000
const expiredAtOnce = 100

export interface JobRunnerOptions {
  readonly store: JobStore
  readonly kinds: JobKinds
  /** Jobs of this process that run at once; with 0 it runs none. */
  readonly concurrency: number
  /** Jobs that ended are kept so long. */
  readonly keepMs: number
  readonly logger?: Logger | undefined
  readonly onChange?: (job: Job) => void
  readonly leaseMs?: number
  readonly pollMs?: number
}

/** Runs the jobs of a database in this process, beside the runners of other processes. */
export interface JobRunner {
  /** Looks for jobs now: one was made, or may go on. */
  wake(): void
  /**
   * Ends: attempts stop at their next safe place, and their jobs wait for another attempt, at this
   * node or another.
   */
  close(): Promise<void>
}

/** Creates a runner, which looks for jobs at once. */
export function createJobRunner(options: JobRunnerOptions): JobRunner {
  const { store, kinds, concurrency, keepMs, logger, onChange } = options
  const { leaseMs = defaultLeaseMs, pollMs = defaultPollMs } = options
  const names = [...kinds.keys()]
  const running = new Set<Promise<void>>()
  const closing = new AbortController()
  let woken = new AbortController()
  let isFailing = false
  let expireAt = 0

  async function run(claimed: ClaimedJob): Promise<void> {
    const { id, kind: name, createdBy } = claimed.job
    const kind = kinds.get(name)
    if (kind === undefined) return
    logger?.info({ job: id, kind: name, attempt: claimed.lease.attempt }, 'a job begins')
    const caller: CallContext = { actor: createdBy, requestId: id }
    const ended = await runAttempt({
      ...{ store, kind, claimed, caller, leaseMs, onChange },
      stop: closing.signal,
    })
    const fields = { job: id, kind: name, state: ended?.state ?? 'lost' }
    if (ended?.failure === undefined) logger?.info(fields, 'a job ends')
    else logger?.warn({ ...fields, code: ended.failure.code }, 'a job ends')
  }

  async function fill(): Promise<void> {
    while (running.size < concurrency && !closing.signal.aborted) {
      if (!(await store.isDue(names))) return
      const claimed = await store.claim(names, { leaseMs })
      if (claimed === undefined) return
      onChange?.(claimed.job)
      const attempt = run(claimed)
        .catch((error: unknown) => {
          // Its lease ends by itself, and then it is tried again.
          logger?.warn({ err: error, job: claimed.job.id }, 'the end of a job could not be written')
        })
        .finally(() => {
          running.delete(attempt)
          wake()
        })
      running.add(attempt)
    }
  }

  async function expire(): Promise<void> {
    if (performance.now() < expireAt) return
    expireAt = performance.now() + expireEveryMs
    const before = new Date(Date.now() - keepMs).toISOString()
    while ((await store.expire(before, expiredAtOnce)) === expiredAtOnce);
  }

  async function look(): Promise<void> {
    try {
      await fill()
      await expire()
      isFailing = false
    } catch (error) {
      if (!isFailing) logger?.warn({ err: error }, 'jobs cannot be looked for; tried again')
      isFailing = true
    }
  }

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      woken = new AbortController()
      const { signal } = woken
      await look()
      await sleep(pollMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  function wake(): void {
    woken.abort()
  }

  const watching = concurrency > 0 ? watch() : Promise.resolve()

  return {
    wake,
    async close() {
      closing.abort(new AttemptEnded('queued'))
      wake()
      await watching
      await Promise.all(running)
    },
  }
}
