import { FaceError } from '../../core/errors.ts'
import type { AskedJobState, Job, JobEnd, JobFailure, JobState, NewJob } from '../ports/jobs.ts'
import { isDeeperThan, maxDepth } from './depth.ts'

/** How often a lease may end without a checkpoint since: perhaps it is the job that ends its process. */
export const maxLapses = 3

const ended: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled'])

export function hasEnded({ state }: Pick<Job, 'state'>): boolean {
  return ended.has(state)
}

/** Whether it has ended for good: one that failed can be tried again. */
export function isOver(state: JobState): boolean {
  return state === 'done' || state === 'cancelled'
}

/** @throws {FaceError} `invalidRequest` */
export function assertNewJob({ kind, input }: NewJob): void {
  if (!/^[a-z][a-zA-Z]{0,39}$/.test(kind)) {
    throw new FaceError('invalidRequest', { detail: 'It has no kind.' })
  }
  if (isDeeperThan(input, maxDepth)) {
    throw new FaceError('invalidRequest', {
      detail: `Expected input of at most ${maxDepth} levels.`,
    })
  }
}

/** Bytes of a part of a job's file. */
export const maxPartBytes: number = 1024 * 1024

/** @throws {FaceError} `invalidOption` */
export function assertPart(part: number, bytes: Uint8Array): void {
  if (Number.isSafeInteger(part) && part >= 0 && bytes.byteLength <= maxPartBytes) return
  throw new FaceError('invalidOption', { detail: 'A part is too large, or has no number.' })
}

/** Why a job is given up whose leases ended. */
export function toLapsedFailure(): JobFailure {
  return {
    code: 'workerFailed',
    message: `The process that ran it ended ${maxLapses + 1} times without getting on.`,
  }
}

/** What of a job changes when it is asked for another state. */
export type JobChange =
  | { readonly state: AskedJobState }
  /** Of one that runs; `undefined`: it may go on. */
  | { readonly state?: undefined; readonly wanted: Job['wanted'] }

/**
 * What a request changes; nothing when the job is so already, or is on its way there.
 *
 * @throws {FaceError} `jobConflict`
 */
export function toAskedChange(job: Job, asked: AskedJobState): JobChange | undefined {
  const { state, wanted } = job
  if (state === asked && wanted === undefined) return undefined
  if (state === 'running') return toRunningChange(job, asked)
  const isPossible =
    asked === 'queued' ? state === 'paused' || state === 'failed' : !hasEnded({ state })
  if (!isPossible) throw new FaceError('jobConflict', { detail: `It is ${state}.` })
  return { state: asked }
}

function toRunningChange({ wanted }: Job, asked: AskedJobState): JobChange | undefined {
  if (wanted === 'cancelled' && asked !== 'cancelled') {
    throw new FaceError('jobConflict', { detail: 'It is being cancelled.' })
  }
  if (asked === 'queued') return wanted === undefined ? undefined : { wanted: undefined }
  return wanted === asked ? undefined : { wanted: asked }
}

/** The state that an attempt leaves behind: one that was cancelled meanwhile does not wait again. */
export function toEndState({ wanted }: Job, end: JobEnd): JobState {
  return end.state === 'queued' && wanted !== undefined ? wanted : end.state
}
