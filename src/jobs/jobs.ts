import { libraryActor } from '../core/actor.ts'
import { FaceError, isFaceError } from '../core/errors.ts'
import type { GalleryCaller } from '../gallery/gallery.ts'
import { limitCollections } from '../gallery/reach.ts'
import type { Database } from '../storage/database.ts'
import { eachPage } from '../storage/iterate.ts'
import type {
  AskedJobState,
  ClaimedJob,
  Job,
  JobFilter,
  JobItem,
  JobProgress,
  NewJob,
  NewJobItem,
} from '../storage/ports/jobs.ts'
import type { Page, PageOptions } from '../storage/ports/pages.ts'
import { hasEnded } from '../storage/rules/jobs.ts'
import { AttemptEnded, runAttempt } from './attempt.ts'
import type { JobChanges } from './changes.ts'
import { assertRoom, type JobFile, keepFile } from './job-file.ts'
import type { JobKind, JobKinds } from './job-kind.ts'

/** How often the database is asked for changes that other processes made. */
const watchEveryMs = 1000
/** Lease of a job that runs in the process that made it; when that dies, a runner takes it over then. */
const foregroundLeaseMs = 30_000

/** A job to be made. */
export interface NewJobRequest {
  /** Name of a kind, such as `indexRebuild`. */
  readonly kind: string
  /** Name of the collection it works on. */
  readonly collection?: string
  /** As the kind says; default: nothing. */
  readonly input?: unknown
}

/** How a job is run in the process that makes it, and who is told of it. */
export interface RunJobOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal
  readonly file?: JobFile
  /**
   * In place of the jobs of this kind and input that have not ended, which are cancelled: what a command
   * left behind that was killed. Default false.
   */
  readonly instead?: boolean
  /** Called once it is made. */
  readonly onStart?: (job: Job) => void
  /** Called for all that the work reports, at once. */
  readonly onProgress?: (progress: JobProgress) => void
  /** Called with what became of things, once it is written. */
  readonly onItems?: (items: readonly NewJobItem[]) => void
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
   * @throws {FaceError} as {@link start}, and what the file throws; `overloaded` while too many of its
   *   kind wait or run
   */
  startWithFile(request: NewJobRequest, file: JobFile): Promise<Job>
  /**
   * Makes a job and runs it in this process, until it has ended or is another process' to go on with.
   *
   * @throws {FaceError} as {@link start}
   * @throws what the job failed with
   */
  run(request: NewJobRequest, options?: RunJobOptions): Promise<Job>
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
  const { jobs, collections: all } = caller === undefined ? options.store : options.store.as(caller)
  const collectionIds = caller?.collectionIds
  const collections = collectionIds === undefined ? all : limitCollections(all, collectionIds)

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
    const { id } = await collections.get(collection)
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

  /** A job that this process runs. */
  async function createRunning(request: NewJobRequest): Promise<ClaimedJob> {
    const job = await jobs.create(await toNewJob(request), { leaseMs: foregroundLeaseMs })
    return { job, lease: { id: job.id, attempt: job.attempts } }
  }

  async function createWithFile(
    request: NewJobRequest,
    { bytes, toCheckpoint }: JobFile,
  ): Promise<ClaimedJob> {
    const leaseMs = foregroundLeaseMs
    const { job, lease } = await createRunning(request)
    // Its pieces may come slowly.
    const timer = setInterval(() => jobs.save(lease, { leaseMs }).catch(() => {}), leaseMs / 4)
    try {
      const checkpoint = toCheckpoint(await keepFile(jobs, lease, bytes))
      await jobs.save(lease, { checkpoint, leaseMs })
      return { job, lease, checkpoint }
    } catch (error) {
      // Nobody has heard of it.
      if (await jobs.end(lease, { state: 'cancelled' })) await jobs.remove(job.id)
      throw error
    } finally {
      clearInterval(timer)
    }
  }

  /** Cancels the jobs of the same work that have not ended. */
  async function cancelEqual({ kind, input = {} }: NewJobRequest): Promise<void> {
    const wanted = JSON.stringify(findKind(kind).parse(input))
    for (const state of ['running', 'queued', 'paused'] as const) {
      for await (const page of eachPage((part) => jobs.list({ ...part, kind, state }))) {
        const equal = page.filter((job) => JSON.stringify(job.input) === wanted)
        for (const { id } of equal) {
          // One that has ended meanwhile needs nothing.
          await jobs.ask(id, 'cancelled').then(tell, ignoreConflict)
        }
      }
    }
  }

  return {
    as: (other) => bindJobs(options, other),
    start: async (request) => tell(await jobs.create(await toNewJob(request))),

    async startWithFile(request, file) {
      await assertRoom(options.store.jobs, request.kind)
      const { lease } = await createWithFile(request, file)
      const job = await jobs.end(lease, { state: 'queued' })
      if (job === undefined) throw new FaceError('jobNotFound')
      return tell(job)
    },

    async run(request, { signal, file, instead = false, onStart, ...observers } = {}) {
      const kind = findKind(request.kind)
      if (instead) await cancelEqual(request)
      const claimed =
        file === undefined ? await createRunning(request) : await createWithFile(request, file)
      const { job } = claimed
      onStart?.(tell(job))
      const stop = new AbortController()
      const cancel = () => stop.abort(new AttemptEnded('cancelled'))
      signal?.addEventListener('abort', cancel)
      if (signal?.aborted) cancel()
      let failure: { readonly error: unknown } | undefined
      try {
        const ended = await runAttempt({
          ...{ store: jobs, kind, claimed, leaseMs: foregroundLeaseMs, stop: stop.signal },
          ...{ caller: caller ?? { actor: libraryActor }, onChange: changes.tell, ...observers },
          onFailure(error) {
            failure = { error }
          },
        })
        if (failure !== undefined) throw failure.error
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

function ignoreConflict(error: unknown): void {
  if (!isFaceError(error, 'jobConflict') && !isFaceError(error, 'jobNotFound')) throw error
}
