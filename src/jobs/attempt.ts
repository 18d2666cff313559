import type { CallContext } from '../core/actor.ts'
import { FaceError, toErrorRecord } from '../core/errors.ts'
import type { Progress } from '../core/progress.ts'
import { eachPage } from '../storage/iterate.ts'
import type {
  ClaimedJob,
  Job,
  JobEnd,
  JobFailure,
  JobItem,
  JobNews,
  JobProgress,
  JobStore,
  NewJobItem,
} from '../storage/ports/jobs.ts'
import type { JobKind } from './job-kind.ts'
import { createRateMeter } from './rate.ts'

/** Why an attempt ends before its work is done. `lost`: its job is another node's by now, or gone. */
export class AttemptEnded extends Error {
  readonly becomes: 'queued' | 'paused' | 'cancelled' | 'lost'

  constructor(becomes: AttemptEnded['becomes']) {
    super(`The attempt ended: ${becomes}.`)
    this.name = 'AttemptEnded'
    this.becomes = becomes
  }
}

export interface AttemptOptions {
  readonly store: Pick<JobStore, 'save' | 'end' | 'getPart' | 'items'>
  readonly kind: JobKind
  readonly claimed: ClaimedJob
  readonly caller: CallContext
  /** How long the lease is. */
  readonly leaseMs: number
  /** Ends the attempt; its reason is an {@link AttemptEnded}. */
  readonly stop: AbortSignal
  /** Told after everything that is written. */
  readonly onChange?: ((job: Job) => void) | undefined
  /** Told all that the work reports, at once. */
  readonly onProgress?: ((progress: JobProgress) => void) | undefined
  /** Told what became of things, once it is written. */
  readonly onItems?: ((items: readonly NewJobItem[]) => void) | undefined
  /** Told what the job failed with, as it was thrown. */
  readonly onFailure?: ((error: unknown) => void) | undefined
}

/** How often progress is written, where the lease does not ask for more. */
const saveEveryMs = 1000

/**
 * Runs one attempt at a job that was claimed, to its end.
 *
 * [Note: Leases]
 * Whoever runs a job has to say so again and again, and is told each time what others asked of the
 * job. When the database cannot be reached until the lease is over, the attempt ends by itself,
 * because another node may be at work on the job by then. What it writes is refused from then on.
 *
 * @returns the job as it was written last; `undefined` when it is another node's, or gone
 */
export async function runAttempt(options: AttemptOptions): Promise<Job | undefined> {
  const { store, kind, claimed, caller, leaseMs, stop, onChange, onProgress } = options
  const { job, lease, checkpoint } = claimed
  const ending = new AbortController()
  const signal = AbortSignal.any([stop, ending.signal])
  const meter = createRateMeter()
  let progress: JobProgress | undefined
  let written: JobProgress | undefined
  let savedAt = performance.now()
  let leaseEndsAt = savedAt + leaseMs
  /** Writes come one after the other. */
  let writing: Promise<unknown> = Promise.resolve()

  function endAs(becomes: AttemptEnded['becomes']): AttemptEnded {
    const reason = new AttemptEnded(becomes)
    ending.abort(reason)
    return reason
  }

  function report({ stage, done, total }: Progress): void {
    progress = meter.measure({ stage, done, ...(total === undefined ? {} : { total }) })
    onProgress?.(progress)
  }

  async function write(news: Omit<JobNews, 'progress'>): Promise<void> {
    const told = progress === written ? undefined : progress
    const askedAt = performance.now()
    savedAt = askedAt
    const now = await store.save(lease, {
      ...news,
      ...(told === undefined ? {} : { progress: told }),
      leaseMs,
    })
    if (now === undefined) throw endAs('lost')
    leaseEndsAt = askedAt + leaseMs
    written = told ?? written
    if (news.items !== undefined) options.onItems?.(news.items)
    onChange?.(now)
    if (now.wanted !== undefined) throw endAs(now.wanted)
  }

  function save(news: Omit<JobNews, 'progress'>): Promise<void> {
    const saved = writing.then(() => write(news))
    writing = saved.catch(() => undefined)
    return saved
  }

  function beat(): void {
    const now = performance.now()
    if (signal.aborted) return
    if (now > leaseEndsAt) endAs('lost')
    else if (progress !== written || now - savedAt > leaseMs / 3) {
      // What the answer means is in the signal; without one, the next beat tries again.
      save({}).catch(() => undefined)
    }
  }

  /** How the work came out; `undefined` when the job is not this attempt's any more. */
  async function work(): Promise<JobEnd | undefined> {
    try {
      signal.throwIfAborted()
      const result = await kind.run(kind.parse(job.input), {
        ...{ job, caller, signal, report },
        ...(checkpoint === undefined ? {} : { checkpoint }),
        getPart: (part) => store.getPart(job.id, part),
        items: () => eachItem(store, job.id),
        async save(next, items = []) {
          if (isLost(signal)) signal.throwIfAborted()
          await save({ checkpoint: next, items })
          signal.throwIfAborted()
        },
      })
      return { state: 'done', result }
    } catch (error) {
      const { reason } = signal
      if (!(reason instanceof AttemptEnded)) {
        options.onFailure?.(error)
        return { state: 'failed', failure: toFailure(error) }
      }
      return reason.becomes === 'lost' ? undefined : { state: reason.becomes }
    }
  }

  // Asked while nobody was at work on it.
  if (job.wanted !== undefined) endAs(job.wanted)
  const timer = setInterval(beat, Math.min(saveEveryMs, leaseMs / 4))
  const outcome = await work().finally(() => clearInterval(timer))
  if (outcome === undefined) return undefined
  // The last progress. Whatever is asked meanwhile, the outcome stays.
  await save({}).catch(() => undefined)
  const ended = await store.end(lease, outcome)
  if (ended !== undefined) onChange?.(ended)
  return ended
}

function isLost({ reason }: AbortSignal): boolean {
  return reason instanceof AttemptEnded && reason.becomes === 'lost'
}

async function* eachItem(
  store: Pick<JobStore, 'items'>,
  id: string,
): AsyncGenerator<JobItem, void> {
  for await (const page of eachPage((options) => store.items(id, options), { limit: 1000 })) {
    yield* page
  }
}

/** The error as callers may see it: of a fault of ours no more than its code says. */
function toFailure(error: unknown): JobFailure {
  const { code } = toErrorRecord(error)
  const { message } = error instanceof FaceError ? error : new FaceError(code)
  return { code, message }
}
