import type { Actor } from '../../core/actor.ts'
import type { Page, PageOptions } from './pages.ts'

/** Every {@link JobState}. */
export const jobStates: readonly JobState[] = [
  'queued',
  'running',
  'paused',
  'done',
  'failed',
  'cancelled',
]
/** Where a job is: it waits, is worked on, is halted, or has ended in one of three ways. */
export type JobState = 'queued' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled'

/** What a job can be asked to become: `queued` resumes a job that is paused, and tries one again that failed. */
export type AskedJobState = Extract<JobState, 'queued' | 'paused' | 'cancelled'>

/** How far a job is. */
export interface JobProgress {
  /** The step under way, by the kind's own name. */
  readonly stage: string
  readonly done: number
  /** Absent where it is not known beforehand. */
  readonly total?: number
  /** How many are done in a second; absent until it can be told. */
  readonly perSecond?: number
  /** Seconds that the rest of the stage will take at this rate. */
  readonly remainingSeconds?: number
}

/** Why a job failed: an error of the catalogue. */
export interface JobFailure {
  readonly code: string
  readonly message: string
}

/** A long operation. Its kind says what `input`, `result` and the stages are. */
export interface Job {
  readonly id: string
  readonly kind: string
  /** The collection it works on, with which it is deleted; absent for one of the whole database. */
  readonly collectionId?: string
  readonly input: JsonObject
  readonly state: JobState
  /** What a running job was asked to become; it does at its next safe place. */
  readonly wanted?: Exclude<AskedJobState, 'queued'>
  readonly progress?: JobProgress
  /** Of a job that is done. */
  readonly result?: JsonObject
  /** Of a job that failed. */
  readonly failure?: JobFailure
  /** How often it was begun. */
  readonly attempts: number
  readonly createdAt: string
  readonly createdBy: Actor
  /** Of the first attempt. */
  readonly startedAt?: string
  /** When it was done, failed or was cancelled. */
  readonly endedAt?: string
  /** Grows by one with each change. */
  readonly revision: number
}

/** A JSON object, nested at most 16 levels deep. */
export type JsonObject = Readonly<Record<string, unknown>>

export interface NewJob extends Pick<Job, 'kind' | 'collectionId' | 'input'> {}

/**
 * The right to work on a job. It ends with its time, unless {@link JobStore.save} renews it; then
 * another node may take the job over, and what the first one saves after that is refused.
 */
export interface JobLease {
  readonly id: string
  /** The attempt that it was given for. */
  readonly attempt: number
}

/** A job that was taken up. */
export interface ClaimedJob {
  readonly job: Job
  readonly lease: JobLease
  /** What was saved last; absent when nothing was. */
  readonly checkpoint?: JsonObject
}

/** What became of one of the things that a job worked on, such as a file. */
export interface NewJobItem {
  /** Not what was wanted, such as a photograph without a face. */
  readonly rejected: boolean
  /** The person whom it is about: it is deleted with them, and not kept where they are gone. */
  readonly personId?: string
  readonly body: JsonObject
}

export interface JobItem extends NewJobItem {
  readonly id: string
}

/** What a job saves on its way, as a whole or not at all. */
export interface JobNews {
  readonly progress?: JobProgress
  /** From where the work goes on after an interruption. */
  readonly checkpoint?: JsonObject
  readonly items?: readonly NewJobItem[]
}

/** How an attempt ended. `queued`: it goes on with another attempt, at this node or another. */
export type JobEnd =
  | { readonly state: 'done'; readonly result: JsonObject }
  | { readonly state: 'failed'; readonly failure: JobFailure }
  | { readonly state: AskedJobState }

/** Which jobs are listed. */
export interface JobFilter {
  readonly state?: JobState
  readonly kind?: string
  /** Only jobs of these collections. */
  readonly collectionIds?: readonly string[]
}

/** The jobs of a database. Who makes one is the actor of the call. */
export interface JobStore {
  /**
   * @param options  with `leaseMs` the job is running at once, by its maker, who has the lease of its
   *   first attempt
   * @throws {FaceError} `collectionNotFound`, `invalidRequest` for input that is nested too deeply
   */
  create(job: NewJob, options?: { readonly leaseMs?: number }): Promise<Job>
  /** @throws {FaceError} `jobNotFound` */
  get(id: string): Promise<Job>
  /** Newest first. */
  list(options?: PageOptions & JobFilter): Promise<Page<Job>>
  /** Whether {@link claim} would find one, for less. */
  isDue(kinds: readonly string[]): Promise<boolean>
  /**
   * Takes up the oldest job of these kinds that waits, or whose lease has ended. A job whose lease
   * ended {@link import('../rules/jobs.ts').maxLapses} times since its last checkpoint is failed instead.
   */
  claim(
    kinds: readonly string[],
    options: { readonly leaseMs: number },
  ): Promise<ClaimedJob | undefined>
  /**
   * Writes how far a job is, and renews the lease.
   *
   * @returns the job, `wanted` with what it is to become; `undefined` when the lease is another's by
   *   now, or the job is gone
   */
  save(lease: JobLease, news: JobNews & { readonly leaseMs: number }): Promise<Job | undefined>
  /**
   * Keeps a part of a file that the job works on, in place of an earlier part of this number; a mebibyte
   * at most. Parts go when the job is done or cancelled, when it fails without a checkpoint, or with it.
   *
   * @param part  from 0
   * @returns `false` as {@link save} returns `undefined`
   */
  putPart(lease: JobLease, part: number, bytes: Uint8Array): Promise<boolean>
  /** A part of the job's file; `undefined` when there is none. */
  getPart(id: string, part: number): Promise<Uint8Array | undefined>
  /** Ends an attempt. @returns the job; `undefined` as with {@link save} */
  end(lease: JobLease, end: JobEnd & Pick<JobNews, 'items'>): Promise<Job | undefined>
  /**
   * Asks a job to become paused or cancelled, or to go on. One that runs is told with the next
   * {@link save}; another one changes at once.
   *
   * @throws {FaceError} `jobNotFound`; `jobConflict` when it has ended, or cannot from where it is
   */
  ask(id: string, state: AskedJobState): Promise<Job>
  /** Oldest first. @throws {FaceError} `jobNotFound` */
  items(id: string, options?: PageOptions & { readonly rejected?: boolean }): Promise<Page<JobItem>>
  /** Removes a job that has ended, with its items. @throws {FaceError} `jobNotFound`, `jobConflict` */
  remove(id: string): Promise<void>
  /** Removes up to `limit` jobs that ended before; @returns how many were removed */
  expire(endedBefore: string, limit: number): Promise<number>
}
