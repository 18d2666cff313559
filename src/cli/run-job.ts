import { type ErrorCode, errorCatalogue, FaceError } from '../core/errors.ts'
import type { Jobs, NewJobRequest, RunJobOptions } from '../jobs/jobs.ts'
import type { Job, JobProgress } from '../storage/ports/jobs.ts'
import type { CliContext } from './context.ts'
import { createInterrupt } from './interrupt.ts'
import type { Output } from './output.ts'

/** Flag of a command whose work is a job. */
export const detachHelp = 'leave the work to a running server; "jobs watch ID" follows it'

export interface RunInFrontOptions extends Pick<RunJobOptions, 'file' | 'instead' | 'onItems'> {
  readonly context: Pick<CliContext, 'output' | 'openProgress'>
  /** What Ctrl-C is answered with. */
  readonly stopping?: string
}

/** How a job that was run in front came out. */
export interface FrontOutcome {
  /** Done, or {@link assertDone} throws. */
  readonly job: Job
  /** Ctrl-C ended it. */
  readonly interrupted: boolean
}

/**
 * Makes a job and runs it here, with its progress on the screen; Ctrl-C cancels it.
 *
 * @throws what the job failed with
 */
export async function runInFront(
  jobs: Jobs,
  request: NewJobRequest,
  { context, stopping, ...options }: RunInFrontOptions,
): Promise<FrontOutcome> {
  const { output } = context
  let id: string | undefined
  const work = (observers: WorkObservers) =>
    jobs.run(request, {
      ...{ ...options, ...observers },
      onStart(job) {
        id = job.id
      },
    })
  const about = { kind: request.kind, id: () => id }
  const { result: job, interrupted } = await watchWork(context, { ...about, stopping }, work)
  if (!interrupted) noteOthers(job, output)
  return { job, interrupted }
}

export interface WorkObservers {
  readonly onProgress: (progress: JobProgress) => void
  readonly signal: AbortSignal
}

/** Does what takes long, with its progress on the screen, until it is done or Ctrl-C has ended it. */
export async function watchWork<T>(
  { output, openProgress }: Pick<CliContext, 'output' | 'openProgress'>,
  about: {
    readonly kind: string
    readonly id?: () => string | undefined
    readonly stopping?: string | undefined
  },
  work: (observers: WorkObservers) => Promise<T>,
): Promise<{ readonly result: T; readonly interrupted: boolean }> {
  const { stopping = 'Ending at the next safe place; Ctrl-C again stops at once.' } = about
  const view = await openProgress(about)
  const interrupt = createInterrupt(output, stopping)
  try {
    const { signal } = interrupt
    const result = await work({ signal, onProgress: view.show }).finally(view.stop)
    return { result, interrupted: signal.aborted }
  } finally {
    interrupt.release()
  }
}

/** Says what somebody else did to a job. */
function noteOthers({ id, state }: Job, output: Output): void {
  if (state === 'paused' || state === 'cancelled') output.note(`Job ${id} was ${state}.`)
  else if (state !== 'done') output.note(`Another process goes on with job ${id}.`)
}

/** Makes a job that a running server takes up. */
export async function detachJob(
  jobs: Jobs,
  request: NewJobRequest,
  {
    output,
    json = false,
    file,
  }: { readonly output: Output; readonly json?: boolean | undefined } & Pick<RunJobOptions, 'file'>,
): Promise<void> {
  const job = await (file ? jobs.startWithFile(request, file) : jobs.start(request))
  if (json) return output.json(job)
  output.print(`Job ${job.id} waits for a server of this database.`)
  output.print(`"face-watcher jobs watch ${job.id}" follows it.`)
}

/** @throws {FaceError} what the job failed with; `aborted` when it is not done */
export function assertDone({ state, failure }: Job): void {
  if (state === 'done') return
  if (failure === undefined) throw new FaceError('aborted', { detail: `The job is ${state}.` })
  const code = failure.code in errorCatalogue ? (failure.code as ErrorCode) : 'internal'
  const { message } = errorCatalogue[code]
  const detail = failure.message.replace(message, '').trim()
  throw new FaceError(code, detail === '' ? {} : { detail })
}
