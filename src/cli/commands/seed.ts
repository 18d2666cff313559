import { type Command, Option } from 'commander'
import { databaseOfUrl, describeDatabaseClash } from '../../config/mongodb-url.ts'
import type { SeedImportInput } from '../../jobs/kinds/seed-import.ts'
import type { Database } from '../../storage/database.ts'
import { type SeedImportReport, seedModelId } from '../../transfer/importers/seed/import-seed.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../failures.ts'
import { formatCount, type Output, toPrintable } from '../output.ts'
import { withOwnJobs, withStore } from '../own-jobs.ts'
import { assertDone, detachHelp, detachJob, runInFront } from '../run-job.ts'
import { assertDetachable } from './data.ts'

interface Options {
  readonly mongodb: string
  readonly database?: string
  readonly collection: string
  readonly into: string
  readonly strict?: boolean
  readonly detach?: boolean
  readonly json?: boolean
}

/** `seed import`, and its earlier name `import seed`. */
export function addSeed(program: Command, context: CliContext): void {
  const what = 'the gallery of the first face-watcher (FastAPI)'
  addSeedImport(program.command('seed').description(what).command('import'), context)
  const earlier = program.command('import', { hidden: true }).description(what)
  addSeedImport(earlier.command('seed'), context)
}

function addSeedImport(command: Command, context: CliContext): void {
  command
    .description('import the faces of the first face-watcher (FastAPI) from its MongoDB')
    .addOption(new Option('--mongodb <url>', 'its server').makeOptionMandatory())
    .option('--database <name>', "its database (default: the URL's, or face_recognition)")
    .option('--collection <name>', 'its collection of documents', 'embeddings')
    .option('--into <name>', 'collection to import into; it is made when it is not there', 'seed')
    .option('--strict', 'exit with 3 when any document was refused, not only when all were')
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action((options: Options) => runImport(context, options))
}

async function runImport(context: CliContext, options: Options): Promise<void> {
  const { output, loadConfig } = context
  const { config } = await loadConfig()
  const [{ composeModels }, { openSeedSource, openStore }, kinds] = await Promise.all([
    import('../../compose/compose.ts'),
    import('../../compose/storage.ts'),
    import('../../jobs/kinds/seed-import.ts'),
  ])
  const { mongodb: url, collection } = options
  const database = chooseDatabase(options)
  const request = { kind: 'seedImport', input: await toInput(options, database) }
  const { installer } = await composeModels(config)
  const { timeoutMs } = config.store
  const source = await openSeedSource({ url, database, collection, timeoutMs })
  let report: SeedImportReport | undefined
  const work = async (store: Database): Promise<void> => {
    const kind = kinds.createSeedImport({
      ...{ store, policy: config.policy },
      openSource: async () => ({ ...source, close: async () => {} }),
      onReport(told) {
        report = told
      },
    })
    await withOwnJobs(store, kind, async (jobs) => {
      if (options.detach) return detachJob(jobs, request, { output, json: options.json })
      const { job } = await runInFront(jobs, request, {
        ...{ context, instead: true },
        stopping: 'Finishing the documents in work; Ctrl-C again stops at once.',
      })
      // Before it had read anything.
      if (report === undefined) assertDone(job)
    })
  }
  await withStore(openStore(config), work).finally(() => source.close())
  if (report === undefined) return
  const isInstalled = await installer.isInstalled(seedModelId)
  if (options.json) output.json({ ...report, modelInstalled: isInstalled })
  else printReport(report, isInstalled, output)
  const { imported, alreadyEnrolled, refused } = report
  const allRefused = refused.length > 0 && imported + alreadyEnrolled === 0
  if (report.interrupted) process.exitCode = exitCodes.interrupted
  else if (allRefused || (options.strict && refused.length > 0)) {
    process.exitCode = exitCodes.input
  }
}

async function toInput(options: Options, database: string): Promise<SeedImportInput> {
  const [{ toKeptAddress }, { toMachine }] = await Promise.all([
    import('../../jobs/kinds/kept-address.ts'),
    import('../../jobs/kinds/this-machine.ts'),
  ])
  const { address: from, isPartial } = toKeptAddress(options.mongodb)
  assertDetachable(options, { flag: '--mongodb', isPartial })
  const { collection, into } = options
  return { from, isPartial, machine: toMachine(), database, collection, into }
}

/** @throws {UsageError} when the URL names another database than the flag */
function chooseDatabase({ mongodb: url, database }: Options): string {
  const named = databaseOfUrl(url)
  if (named !== undefined && database !== undefined && named !== database) {
    throw new UsageError(
      describeDatabaseClash(
        { name: '--mongodb', database: named },
        { name: '--database', database },
      ),
    )
  }
  return database ?? named ?? 'face_recognition'
}

function printReport(report: SeedImportReport, isInstalled: boolean, output: Output): void {
  const { collection, imported, newPersons, alreadyEnrolled, refused, interrupted } = report
  output.print(
    `Imported ${formatCount(imported, 'face')}, ${formatCount(newPersons, 'new person')}, into the collection ${collection}.`,
  )
  if (alreadyEnrolled > 0) output.print(`Imported before, skipped: ${alreadyEnrolled}.`)
  if (interrupted) output.print('Not all documents were read. Run the command again to go on.')
  if (refused.length > 0) output.print(`Refused: ${refused.length}.`)
  for (const { id, reason } of refused) {
    output.print(`  ${toPrintable(id)}: ${toPrintable(reason)}`)
  }
  for (const line of [
    `It is bound to the model ${seedModelId}, which looks at images as the first face-watcher did and is`,
    'no more accurate. These faces cannot be upgraded to another model: that takes photographs, and',
    'the first face-watcher kept none. Who has them enrols anew into a collection of a better model.',
  ]) {
    output.print(line)
  }
  if (!isInstalled) {
    output.print(
      `To identify in it, install the model: "face-watcher models import ${seedModelId} FILE"; docs/guides/from-the-seed.md says which file.`,
    )
  }
}
