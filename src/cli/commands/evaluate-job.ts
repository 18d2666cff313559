import { resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { isFaceError } from '../../core/errors.ts'
import type { EvaluationInput } from '../../evaluation/embeddings.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { EvaluationInput as JobInput } from '../../jobs/kinds/evaluation.ts'
import type { Database } from '../../storage/database.ts'
import type { CliContext } from '../context.ts'
import { toSummary } from '../evaluation-summary.ts'
import { withOwnJobs } from '../own-jobs.ts'
import { assertDone, runInFront, watchWork } from '../run-job.ts'

type Evaluate = (
  observers: Pick<EvaluationInput, 'onProgress' | 'signal'>,
) => Promise<EvaluationResult>

const stopping = 'Stopping; embeddings made so far are kept.'

/**
 * Runs an evaluation as a job of the configured database. It reads no gallery, so where that cannot be
 * opened it is run all the same, without a record, and says so.
 *
 * @throws {FaceError} `aborted` when it was ended before it was done; and what the evaluation throws
 */
export async function runEvaluationJob(
  context: CliContext,
  about: Pick<JobInput, 'protocol' | 'modelId' | 'data'>,
  { config, evaluate }: { readonly config: Config; readonly evaluate: Evaluate },
): Promise<EvaluationResult> {
  const store = await openRecords(config, context)
  if (store === undefined) {
    const work = { kind: 'evaluation', stopping }
    const { createRateMeter } = await import('../../jobs/rate.ts')
    const { result } = await watchWork(context, work, ({ onProgress, signal }) => {
      const meter = createRateMeter()
      return evaluate({ signal, onProgress: (progress) => onProgress(meter.measure(progress)) })
    })
    return result
  }
  try {
    return await runRecorded(store, { context, about, evaluate })
  } finally {
    await store.close()
  }
}

async function openRecords(config: Config, { output }: CliContext): Promise<Database | undefined> {
  const { openStore } = await import('../../compose/storage.ts')
  return openStore(config).catch((error: unknown) => {
    if (!isFaceError(error)) throw error
    output.note(`No job is recorded, as the database cannot be opened: ${error.message}`)
    return undefined
  })
}

async function runRecorded(
  store: Database,
  {
    context,
    about,
    evaluate,
  }: {
    readonly context: CliContext
    readonly about: Pick<JobInput, 'protocol' | 'modelId' | 'data'>
    readonly evaluate: Evaluate
  },
): Promise<EvaluationResult> {
  const [{ createEvaluation }, { toMachine }] = await Promise.all([
    import('../../jobs/kinds/evaluation.ts'),
    import('../../jobs/kinds/this-machine.ts'),
  ])
  let result: EvaluationResult | undefined
  const kind = createEvaluation(async (observers) => {
    result = await evaluate(observers)
    return toSummary(result)
  })
  const input = { ...about, data: resolve(about.data), machine: toMachine() }
  const request = { kind: kind.name, input }
  const { job } = await withOwnJobs(store, kind, (jobs) =>
    runInFront(jobs, request, { context, stopping, instead: true }),
  )
  assertDone(job)
  return result!
}
