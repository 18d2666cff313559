import type { Command } from 'commander'
import type { RetentionResult } from '../../jobs/kinds/retention.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import { confirm, yesHelp } from '../confirm.ts'
import type { CliContext } from '../context.ts'
import { formatCount } from '../output.ts'
import { listAll } from '../pages.ts'
import { assertDone, detachHelp, detachJob, runInFront } from '../run-job.ts'

interface RunOptions {
  readonly collection: string
  readonly dryRun?: boolean
  readonly report?: string
  readonly detach?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** `retention run`. */
export function addRetention(program: Command, context: CliContext): void {
  const { output, withFaceWatcher } = context
  program
    .command('retention')
    .description('erasing the persons whose time is over')
    .command('run')
    .description('erase the persons who are due by the rules of a collection, for good')
    .option('--dry-run', 'erase nobody; tell who would be erased, and why')
    .option('--report <job>', 'only persons whom this dry run reported')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--detach', detachHelp)
    .option('--yes', yesHelp)
    .option('--json', 'print JSON, with the persons')
    .action((options: RunOptions) =>
      withFaceWatcher(async ({ jobs }) => {
        const { collection, dryRun, report, detach, json } = options
        const what = `This erases the persons of ${collection} who are due, for good.`
        if (!dryRun && !(await confirm(what, options, output))) return
        const input = {
          ...(dryRun ? { dryRun } : {}),
          ...(report === undefined ? {} : { reportId: report }),
        }
        const request = { kind: 'retention', collection, input }
        if (detach) return detachJob(jobs, request, { output, json })
        const { job } = await runInFront(jobs, request, { context })
        assertDone(job)
        const result = job.result as unknown as RetentionResult
        const items = await listAll((part) => jobs.items(job.id, part))
        if (json) return output.json({ ...result, items: items.map(({ body }) => body) })
        output.table(
          ['person', 'rule', 'due since'],
          items.map(({ body }) => [
            String(body.personId),
            String(body.rule),
            String(body.dueSince),
          ]),
        )
        const { erased, left } = result
        output.print(
          dryRun
            ? `${formatCount(items.length, 'person')} would be erased. This is report ${job.id}.`
            : `Erased ${formatCount(erased, 'person')}; ${left} were not due any more.`,
        )
      }),
    )
}
