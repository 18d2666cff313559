import { FaceError } from '../core/errors.ts'
import type { GalleryCaller } from '../gallery/gallery.ts'
import type { FaceWatcher } from '../recognition/face-watcher.ts'
import type { Database } from '../storage/database.ts'
import type {
  AskedJobState,
  Job,
  JobFilter,
  JobItem,
  JobLease,
  JobStore,
  JsonObject,
  NewJob,
} from '../storage/ports/jobs.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import { hasEnded, maxPartBytes } from '../storage/rules/jobs.ts'
import { AttemptEnded, runAttempt } from './attempt.ts'
import type { JobChanges } from './changes.ts'
import type { JobKind, JobKinds } from './job-kind.ts'

/** How often the database is asked for changes that other processes made. */
const watchEveryMs = 1000
/** Lease of a job that runs in the process that made it; when that dies, a runner takes it over then. */
const foregroundLeaseMs = 30_000

/** Jobs of a kind with a file that may wait, and that may run or be uploaded. */
const maxWithFile = 20

/** A job to be made. */
export interface NewJobRequest {
  /** Name of a kind, such as `indexRebuild`. */
  readonly kind: string
  /** Name of the collection it works on. */
  readonly collection?: string
  /** As the kind says; default: nothing. */
  readonly input?: unknown
}

/** The long operations of a database, as callers see them. */
export interface Jobs {
  /** The same for a caller, who sees the jobs of the collections that it reaches. */
  as(caller: GalleryCaller): Jobs
  /**
   * Makes a job, which a runner takes up.
   *
   * @throws {FaceError} `invalidRequest` for an unknown kind, or what the kind says of its input;
   *   `collectionNotFound`, `forbidden`
   */
  start(request: NewJobRequest): Promise<Job>
  /**
   * Makes a job that works on a file, which is kept with it until the job is over. When the file ends
   * with an error, there is no job.
   *
   * @param file  pieces of any length
   * @param toCheckpoint  what the first attempt goes on from, by the file's size in bytes
   * @throws {FaceError} as {@link start}, and what the file throws; `overloaded` while too many of its
   *   kind wait or run
   */
  startWithFile(
    request: NewJobRequest,
    file: AsyncIterable<Uint8Array>,
    toCheckpoint: (size: number) => JsonObject,
  ): Promise<Job>
  /**
   * Makes a job and runs it here, to its end.
   *
   * @param options `signal`: cancels it
   * @throws {FaceError} as {@link start}
   */
  run(
    request: NewJobRequest,
    options?: { readonly onChange?: (job: Job) => void; readonly signal?: AbortSignal },
  ): Promise<Job>
  /** @throws {FaceError} `jobNotFound` */
  get(id: string): Promise<Job>
  /** Newest first. @throws {FaceError} `invalidCursor`, `invalidOption` */
  list(options?: PageOptions & Pick<JobFilter, 'state' | 'kind'>): Promise<Page<Job>>
  /** Pauses, cancels or resumes a job. @throws {FaceError} `jobNotFound`, `jobConflict` */
  ask(id: string, state: AskedJobState): Promise<Job>
  /** What became of the things that it worked on. @throws {FaceError} `jobNotFound`, `invalidCursor` */
  items(id: string, options?: PageOptions & { readonly rejected?: boolean }): Promise<Page<JobItem>>
  /** Removes a job that has ended. @throws {FaceError} `jobNotFound`, `jobConflict` */
  remove(id: string): Promise<void>
  /**
   * The job now and after each change, until it has ended. Changes in quick succession may come as one.
   *
   * @param options `after`: revision that is known already; `signal` ends it
   * @throws {FaceError} `jobNotFound`, also when it is removed meanwhile
   */
  watch(
    id: string,
    options: { readonly after?: number; readonly signal: AbortSignal },
  ): AsyncGenerator<Job, void>
}

export interface JobsOptions {
  readonly store: Database
  readonly kinds: JobKinds
  readonly faceWatcher: FaceWatcher
  readonly changes: JobChanges
  /** Called when a job waits that did not before. */
  readonly onWaiting: () => void
}

/** Creates the use cases of jobs. Without a caller they are the library's, on all collections. */
export function createJobs(options: JobsOptions): Jobs {
  return bindJobs(options, undefined)
}

function bindJobs(options: JobsOptions, caller: GalleryCaller | undefined): Jobs {
  const { kinds, changes, onWaiting } = options
  const { jobs } = caller === undefined ? options.store : options.store.as(caller)
  const collectionIds = caller?.collectionIds

  function findKind(name: string): JobKind {
    const kind = kinds.get(name)
    if (kind !== undefined) return kind
    throw new FaceError('invalidRequest', {
      detail: 'There is no such kind of job.',
      info: { known: [...kinds.keys()] },
    })
  }

  async function toNewJob({ kind: name, collection, input = {} }: NewJobRequest): Promise<NewJob> {
    const kind = findKind(name)
    const parsed = kind.parse(input)
    if (collection === undefined) {
      // Without a collection it would be beyond those that the caller reaches.
      if (collectionIds !== undefined) throw new FaceError('forbidden')
      return { kind: name, input: parsed }
    }
    const faceWatcher = toFaceWatcher(options, caller)
    const { id } = await faceWatcher.collections.get(collection, { difficulty: 'none' })
    return { kind: name, input: parsed, collectionId: id }
  }

  async function get(id: string): Promise<Job> {
    const job = await jobs.get(id)
    const { collectionId } = job
    if (collectionIds === undefined) return job
    if (collectionId !== undefined && collectionIds.includes(collectionId)) return job
    throw new FaceError('jobNotFound')
  }

  function tell(job: Job): Job {
    changes.tell(job)
    if (job.state === 'queued') onWaiting()
    return job
  }

  return {
    as: (other) => bindJobs(options, other),
    start: async (request) => tell(await jobs.create(await toNewJob(request))),

    async startWithFile(request, file, toCheckpoint) {
      const leaseMs = foregroundLeaseMs
      await assertRoom(options.store.jobs, request.kind)
      const { id } = await jobs.create(await toNewJob(request), { leaseMs })
      const lease = { id, attempt: 1 }
      // Its pieces may come slowly.
      const timer = setInterval(() => jobs.save(lease, { leaseMs }).catch(() => {}), leaseMs / 4)
      try {
        const size = await keepFile(jobs, lease, file)
        await jobs.save(lease, { checkpoint: toCheckpoint(size), leaseMs })
      } catch (error) {
        // Nobody has heard of it.
        if (await jobs.end(lease, { state: 'cancelled' })) await jobs.remove(id)
        throw error
      } finally {
        clearInterval(timer)
      }
      const job = await jobs.end(lease, { state: 'queued' })
      if (job === undefined) throw new FaceError('jobNotFound')
      return tell(job)
    },

    async run(request, { onChange, signal } = {}) {
      const leaseMs = foregroundLeaseMs
      const kind = findKind(request.kind)
      const job = tell(await jobs.create(await toNewJob(request), { leaseMs }))
      const stop = new AbortController()
      const cancel = () => stop.abort(new AttemptEnded('cancelled'))
      signal?.addEventListener('abort', cancel)
      if (signal?.aborted) cancel()
      try {
        const ended = await runAttempt({
          ...{ store: jobs, kind, leaseMs, stop: stop.signal },
          claimed: { job, lease: { id: job.id, attempt: job.attempts } },
          faceWatcher: toFaceWatcher(options, caller),
          onChange(changed) {
            changes.tell(changed)
            onChange?.(changed)
          },
        })
        return ended ?? (await jobs.get(job.id))
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    },

    get,
    list: (page) => jobs.list({ ...page, ...(collectionIds && { collectionIds }) }),

    async ask(id, state) {
      await get(id)
      return tell(await jobs.ask(id, state))
    },

    async items(id, page) {
      await get(id)
      return jobs.items(id, page)
    },

    async remove(id) {
      await get(id)
      await jobs.remove(id)
    },

    async *watch(id, { after = 0, signal }) {
      let known = after
      while (!signal.aborted) {
        const changed = changes.next(id, watchEveryMs, signal)
        const job = await get(id)
        if (job.revision > known) {
          known = job.revision
          yield job
        }
        if (hasEnded(job)) return
        await changed
      }
    },
  }
}

/** Files are large, and wait in the database. @throws {FaceError} `overloaded` */
async function assertRoom(jobs: JobStore, kind: string): Promise<void> {
  for (const state of ['queued', 'running'] as const) {
    const { items } = await jobs.list({ kind, state, limit: maxWithFile })
    if (items.length < maxWithFile) continue
    throw new FaceError('overloaded', { detail: `${maxWithFile} jobs of this kind are ${state}.` })
  }
}

/** @returns the bytes of the file */
async function keepFile(
  jobs: JobStore,
  lease: JobLease,
  file: AsyncIterable<Uint8Array>,
): Promise<number> {
  let size = 0
  let part = 0
  for await (const bytes of toParts(file, maxPartBytes)) {
    size += bytes.length
    // Its collection was deleted meanwhile.
    if (!(await jobs.putPart(lease, part++, bytes))) throw new FaceError('collectionNotFound')
  }
  return size
}

/** The same bytes in pieces of `length`, the last one shorter. */
async function* toParts(
  file: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  let part = new Uint8Array(length)
  let filled = 0
  for await (const piece of file) {
    for (let at = 0; at < piece.length; ) {
      const some = piece.subarray(at, at + length - filled)
      part.set(some, filled)
      filled += some.length
      at += some.length
      if (filled < length) continue
      yield part
      part = new Uint8Array(length)
      filled = 0
    }
  }
  if (filled > 0) yield part.slice(0, filled)
}

function toFaceWatcher(
  { faceWatcher }: JobsOptions,
  caller: GalleryCaller | undefined,
): FaceWatcher {
  return caller === undefined ? faceWatcher : faceWatcher.as(caller)
}
