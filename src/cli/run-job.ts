import { type ErrorCode, errorCatalogue, FaceError } from '../core/errors.ts'
import type { Jobs, NewJobRequest } from '../jobs/jobs.ts'
import type { Job } from '../storage/ports/jobs.ts'
import { createInterrupt } from './interrupt.ts'
import type { Output } from './output.ts'
import { createProgress } from './progress.ts'

/** Flag of a command whose work is a job. */
export const detachHelp = 'leave the work to a running server; "jobs watch ID" follows it'

/**
 * Makes a job and runs it here, with a bar; Ctrl-C cancels it.
 *
 * @param unit  what is counted, plural
 * @throws {FaceError} what the job failed with; `aborted` when it was cancelled
 */
export async function runJob(
  jobs: Jobs,
  request: NewJobRequest,
  {
    output,
    label,
    unit,
  }: { readonly output: Output; readonly label: string; readonly unit: string },
): Promise<Job> {
  const progress = await createProgress(output, { label, unit, total: 0 })
  const interrupt = createInterrupt(output, 'Ending at the next safe place.')
  try {
    const job = await jobs.run(request, {
      signal: interrupt.signal,
      onChange: ({ progress: now }) => {
        if (now) progress.update(now.done, now.total)
      },
    })
    assertDone(job)
    return job
  } finally {
    progress.stop()
    interrupt.release()
  }
}

/** Makes a job that a running server takes up. */
export async function detachJob(
  jobs: Jobs,
  request: NewJobRequest,
  { output, json = false }: { readonly output: Output; readonly json?: boolean | undefined },
): Promise<void> {
  const job = await jobs.start(request)
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
