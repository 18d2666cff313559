import { type Command, Option } from 'commander'
import type { Jobs } from '../../jobs/jobs.ts'
import { type AskedJobState, type Job, type JobState, jobStates } from '../../storage/ports/jobs.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { createInterrupt } from '../interrupt.ts'
import { formatCount, formatPercent, toPrintable } from '../output.ts'
import { addListOptions, type ListOptions, listAll, listRows } from '../pages.ts'
import { formatDuration } from '../progress.ts'
import { assertDone } from '../run-job.ts'

interface Filter {
  readonly state?: JobState
  readonly kind?: string
}

/** What a job is asked to become. */
const requests: readonly (readonly [name: string, state: AskedJobState, description: string])[] = [
  ['pause', 'paused', 'pause jobs; those that run do so at their next safe place'],
  ['resume', 'queued', 'resume jobs that are paused, and try those again that failed'],
  ['cancel', 'cancelled', 'cancel jobs; those that run end at their next safe place'],
]

/** `jobs list|show|watch|pause|resume|cancel|remove`. */
export function addJobs(
  program: Command,
  { output, openProgress, withFaceWatcher }: CliContext,
): void {
  const jobs = program
    .command('jobs')
    .description('long operations, which outlive the process that runs them')
  const withJobs = <T>(use: (opened: Jobs) => Promise<T>): Promise<T> =>
    withFaceWatcher((opened) => use(opened.jobs))

  addListOptions(
    jobs
      .command('list')
      .description('list jobs, the newest first')
      .addOption(new Option('--state <state>', 'only jobs in this state').choices(jobStates))
      .option('--kind <kind>', 'only jobs of this kind'),
  ).action(({ state, kind, ...options }: Filter & ListOptions) =>
    withJobs(async (opened) => {
      const filter = { ...(state && { state }), ...(kind && { kind }) }
      const page = await listRows((part) => opened.list({ ...part, ...filter }), options, output)
      if (options.json) return output.json(page)
      output.table(
        ['id', 'kind', 'state', 'done', 'left', 'by', 'created'],
        page.items.map((job) => [
          ...[job.id, job.kind, describeState(job), describeDone(job), describeLeft(job)],
          ...[toPrintable(job.createdBy.name), job.createdAt],
        ]),
      )
    }),
  )

  jobs
    .command('show <id>')
    .description('show a job, and what it says of the things that it worked on')
    .option('--rejected', 'only what was rejected')
    .option('--json', 'print JSON')
    .action((id: string, { rejected, json }: { rejected?: boolean; json?: boolean }) =>
      withJobs(async (opened) => {
        const job = await opened.get(id)
        const filter = rejected ? { rejected } : {}
        const items = await listAll((part) => opened.items(id, { ...part, ...filter }))
        if (json) return output.json({ ...job, items })
        for (const [name, value] of describeJob(job)) output.print(`${name.padEnd(12)}${value}`)
        for (const { rejected: refused, body } of items) {
          output.print(`${refused ? 'rejected' : 'done'}  ${toPrintable(JSON.stringify(body))}`)
        }
      }),
    )

  jobs
    .command('watch <id>')
    .description('follow a job until it has ended; Ctrl-C ends the watching, not the job')
    .option('--json', 'print each change as a line of JSON')
    .action((id: string, { json }: { json?: boolean }) =>
      withJobs(async (opened) => {
        const interrupt = createInterrupt(output, 'The job goes on.')
        try {
          await (json ? printChanges : showBar)(opened, id, interrupt.signal)
        } finally {
          interrupt.release()
        }
        if (!interrupt.signal.aborted) assertDone(await opened.get(id))
      }),
    )

  async function printChanges(opened: Jobs, id: string, signal: AbortSignal): Promise<void> {
    for await (const job of opened.watch(id, { signal })) output.print(JSON.stringify(job))
  }

  async function showBar(opened: Jobs, id: string, signal: AbortSignal): Promise<void> {
    const { kind } = await opened.get(id)
    const view = await openProgress({ kind, id: () => id })
    let last: Job | undefined
    try {
      for await (const job of opened.watch(id, { signal })) {
        last = job
        if (job.progress) view.show(job.progress)
      }
    } finally {
      view.stop()
    }
    if (last?.state === 'done') output.print(`Done: ${JSON.stringify(last.result)}`)
  }

  for (const [name, state, description] of requests) {
    jobs
      .command(`${name} <ids...>`)
      .description(description)
      .option('--json', 'print JSON')
      .action((ids: readonly string[], { json }: { json?: boolean }) =>
        withJobs(async (opened) => {
          const asked: Job[] = []
          for (const id of new Set(ids)) asked.push(await opened.ask(id, state))
          if (json) return output.json({ items: asked })
          for (const job of asked) output.print(`Job ${job.id}: ${describeState(job)}.`)
        }),
      )
  }

  jobs
    .command('remove <ids...>')
    .description('remove jobs that have ended, with what they say')
    .option('--yes', yesHelp)
    .action((ids: readonly string[], options: { yes?: boolean }) =>
      withJobs(async (opened) => {
        const found: Job[] = []
        for (const id of new Set(ids)) found.push(await opened.get(id))
        const what = `This removes ${formatCount(found.length, 'job')}.`
        if (!(await confirm(what, options, output))) return
        for (const { id } of found) {
          await opened.remove(id)
          output.print(`Removed job ${id}.`)
        }
      }),
    )
}

function describeState({ state, wanted }: Job): string {
  return wanted === undefined ? state : `${state}, to be ${wanted}`
}

function describeDone({ progress }: Job): string {
  if (!progress) return '-'
  const { done, total } = progress
  return total ? formatPercent(done / total, 0) : String(done)
}

function describeLeft({ state, progress }: Job): string {
  const { remainingSeconds } = progress ?? {}
  return state === 'running' && remainingSeconds !== undefined
    ? formatDuration(remainingSeconds)
    : '-'
}

function describeJob(job: Job): readonly (readonly [string, string])[] {
  const { progress, failure, result } = job
  return [
    ['id', job.id],
    ['kind', job.kind],
    ['state', describeState(job)],
    ['input', JSON.stringify(job.input)],
    ...(progress
      ? [['progress', `${progress.stage}: ${progress.done} of ${progress.total ?? '?'}`] as const]
      : []),
    ...(failure ? [['failure', `${failure.message} [${failure.code}]`] as const] : []),
    ...(result ? [['result', JSON.stringify(result)] as const] : []),
    ['attempts', String(job.attempts)],
    ['created', `${job.createdAt} by ${toPrintable(job.createdBy.name)}`],
    ...(job.startedAt ? [['started', job.startedAt] as const] : []),
    ...(job.endedAt ? [['ended', job.endedAt] as const] : []),
  ]
}
