import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { isFaceError } from '../../core/errors.ts'
import type { JobKind } from '../../jobs/job-kind.ts'
import type { NewJobRequest } from '../../jobs/jobs.ts'
import type { TransferResult } from '../../jobs/kinds/transfer-kinds.ts'
import type { Database } from '../../storage/database.ts'
import type { CollectionSummary } from '../../transfer/options.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../failures.ts'
import { formatCount, type Output } from '../output.ts'
import { isSameFile } from '../output-files.ts'
import { withOwnJobs, withStore } from '../own-jobs.ts'
import { formatDuration } from '../progress.ts'
import { assertDone, detachHelp, detachJob, type FrontOutcome, runInFront } from '../run-job.ts'

interface Options {
  readonly collection?: readonly string[]
  readonly json?: boolean
  readonly detach?: boolean
}

interface CopyOptions extends Options {
  readonly from: string
  readonly to: string
}

/** `data export|import|copy`. They need neither models nor an index. */
export function addData(program: Command, context: CliContext): void {
  const { loadConfig } = context
  const data = program.command('data').description('move galleries between databases')

  data
    .command('export')
    .description('write collections to a new directory')
    .argument('<dir>', 'directory; not there yet, empty, or of an export that did not finish')
    .option('--collection <name...>', 'only these collections')
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action(async (directory: string, options: Options) => {
      const { config } = await loadConfig()
      const { createGalleryExport } = await import('../../jobs/kinds/transfer-kinds.ts')
      await withStore(openConfigured(config), async (store) => {
        const kind = createGalleryExport({ store, source: config.store.kind })
        const input = { directory: resolve(directory), ...(await toShared(options)) }
        await runTransfer(context, options, { store, kind, input })
      })
    })

  data
    .command('import')
    .description('read collections from an exported directory')
    .argument('<dir>', 'directory that "data export" wrote')
    .option('--collection <name...>', 'only these collections')
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action(async (directory: string, options: Options) => {
      const { config } = await loadConfig()
      const { createGalleryImport } = await import('../../jobs/kinds/transfer-kinds.ts')
      await withStore(openConfigured(config), async (store) => {
        const input = { directory: resolve(directory), ...(await toShared(options)) }
        await runTransfer(context, options, { store, kind: createGalleryImport({ store }), input })
      })
    })

  data
    .command('copy')
    .description('copy collections from one database to another')
    .requiredOption(
      '--from <url>',
      'path of a SQLite file, sqlite:///PATH, mongodb://HOST/DATABASE',
    )
    .requiredOption('--to <url>', 'the same')
    .option('--collection <name...>', 'only these collections')
    .option('--detach', `${detachHelp}; a server of the database that --to names`)
    .option('--json', 'print JSON')
    .action(async (options: CopyOptions) => {
      const [from, to] = [options.from, options.to].map((url) => url.replace(/^sqlite:\/\//, ''))
      if (from === to || isSameFile(from ?? '', to ?? '')) {
        throw new UsageError('--from and --to are the same.')
      }
      const { config } = await loadConfig()
      const [{ openStoreAt }, { createGalleryCopy }, { toKeptAddress }] = await Promise.all([
        import('../../compose/storage.ts'),
        import('../../jobs/kinds/transfer-kinds.ts'),
        import('../../jobs/kinds/kept-address.ts'),
      ])
      const isUrl = /^[a-z+]+:\/\//i.test(options.from)
      const { address, isPartial } = toKeptAddress(isUrl ? options.from : resolve(options.from))
      assertDetachable(options, { flag: '--from', isPartial })
      // Before the target is made: a source that is not there is a mistake.
      await withStore(openStoreAt(options.from, config, { mustExist: true }), (source) =>
        withStore(openStoreAt(options.to, config, { mustExist: false }), async (store) => {
          const input = { from: address, isPartial, ...(await toShared(options)) }
          const openSource = async () => ({ ...source, close: async () => {} })
          await runTransfer(context, options, {
            ...{ store, input },
            kind: createGalleryCopy({ store, openSource }),
          })
        }),
      )
    })
}

/** @throws {UsageError} for what only this command could open */
export function assertDetachable(
  { detach = false }: { readonly detach?: boolean },
  { flag, isPartial }: { readonly flag: string; readonly isPartial: boolean },
): void {
  if (!detach || !isPartial) return
  throw new UsageError(
    `--detach: a job keeps no user, no password and no option that may be secret, and ${flag} has one. Run it without --detach.`,
  )
}

async function toShared({ collection }: Options) {
  const { toMachine } = await import('../../jobs/kinds/this-machine.ts')
  return { machine: toMachine(), ...(collection && { collections: [...collection] }) }
}

async function openConfigured(config: Config): Promise<Database> {
  const { openStore } = await import('../../compose/storage.ts')
  return openStore(config)
}

interface Transfer {
  readonly store: Database
  // biome-ignore lint/suspicious/noExplicitAny: of the input beside it
  readonly kind: JobKind<any>
  readonly input: object
}

/** Runs a transfer as a job, and tells what it moved. */
async function runTransfer(
  context: CliContext,
  options: Options,
  { store, kind, input }: Transfer,
): Promise<void> {
  const { output } = context
  const { json = false } = options
  const request: NewJobRequest = { kind: kind.name, input }
  await withOwnJobs(store, kind, async (jobs) => {
    if (options.detach) return detachJob(jobs, request, { output, json })
    const startedAt = performance.now()
    const outcome = await runInFront(jobs, request, {
      ...{ context, instead: true, stopping: 'Stopping; Ctrl-C again stops at once.' },
    })
    const seconds = (performance.now() - startedAt) / 1000
    if (isInterrupted(outcome, output)) return
    const { collections } = outcome.job.result as TransferResult
    if (json) return output.json({ collections, seconds })
    for (const collection of collections) output.print(toText(collection))
    output.print(
      `Moved ${formatCount(collections.length, 'collection')} in ${formatDuration(seconds)}.`,
    )
  })
}

function toText(collection: CollectionSummary): string {
  const { name, persons, faces, statements, statementsLeftOut, others = 0 } = collection
  const moved = [formatCount(persons, 'person'), formatCount(faces, 'face')]
  if (statements > 0) moved.push(formatCount(statements, 'statement'))
  const sentences = [`${name}: ${moved.join(', ')}.`]
  if (statementsLeftOut > 0) {
    sentences.push(`${formatCount(statementsLeftOut, 'statement')} left out.`)
  }
  if (others > 0) sentences.push(`It had ${formatCount(others, 'other record')}, kept.`)
  return sentences.join(' ')
}

/** Whether it was not done; by Ctrl-C, or by somebody else who cancelled or paused it. */
function isInterrupted({ job, interrupted }: FrontOutcome, output: Output): boolean {
  try {
    assertDone(job)
    return false
  } catch (error) {
    if (!isFaceError(error, 'aborted')) throw error
    if (interrupted) output.note('Interrupted. Run the same command again to go on.')
    process.exitCode = exitCodes.interrupted
    return true
  }
}
