import { type Command, Option } from 'commander'
import type { Jobs } from '../../jobs/jobs.ts'
import type { VerifyResult } from '../../jobs/kinds/index-kinds.ts'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatCount } from '../output.ts'
import { assertOutputs, forceHelp } from '../output-files.ts'
import { assertDone, detachHelp, detachJob, runInFront } from '../run-job.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
  readonly detach?: boolean
}

interface ExportOptions extends Options {
  readonly force?: boolean
}

/** `index status|verify|rebuild|export|import`. */
export function addIndex(program: Command, context: CliContext): void {
  const { output, loadConfig, withFaceWatcher } = context

  async function rebuild(jobs: Jobs, collection: string): Promise<number> {
    const { job } = await runInFront(jobs, { kind: 'indexRebuild', collection }, { context })
    assertDone(job)
    return Number(job.result?.faces)
  }

  const index = program.command('index').description('the search index of a collection')

  index
    .command('status')
    .description('how the faces of a collection are searched')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--json', 'print JSON')
    .action((options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const status = await faceWatcher.index.status(options.collection)
        if (options.json) output.json(status)
        else
          output.table(
            ['fact', 'value'],
            Object.entries(status).map(([fact, value]) => [fact, String(value)]),
          )
      }),
    )

  index
    .command('verify')
    .description('compare the index with the database')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--detach', detachHelp)
    .option('--json', 'print JSON')
    .action((options: Options) =>
      withFaceWatcher(async ({ jobs }) => {
        const request = { kind: 'indexVerify', collection: options.collection }
        if (options.detach) return detachJob(jobs, request, { output, json: options.json })
        const { job } = await runInFront(jobs, request, { context })
        assertDone(job)
        const { result } = job
        const { checked, counts } = result as unknown as VerifyResult
        const { missing, surplus, different } = counts
        if (options.json) output.json(result)
        else {
          output.print(
            `${checked} faces compared: ${missing} missing, ${surplus} too many, ${different} different.`,
          )
        }
        if (missing + surplus + different === 0) return
        output.note(`"face-watcher index rebuild --collection ${options.collection}" repairs it.`)
        process.exitCode = exitCodes.state
      }),
    )

  index
    .command('rebuild')
    .description('build the index again from the database')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--detach', detachHelp)
    .action((options: Options) =>
      withFaceWatcher(async ({ jobs }) => {
        const request = { kind: 'indexRebuild', collection: options.collection }
        if (options.detach) return detachJob(jobs, request, { output })
        const count = await rebuild(jobs, options.collection)
        output.print(`Rebuilt the index of ${options.collection} from ${count} faces.`)
      }),
    )

  index
    .command('export')
    .description('write the index as a file for other programs, with FILE.ids.json beside it')
    .argument('<file>', 'file to write')
    .addOption(new Option('--format <format>', 'kind of file').choices(['faiss']).default('faiss'))
    .option('--collection <name>', 'collection', defaultCollectionName)
    .option('--force', forceHelp)
    .action(async (file: string, { collection, force = false }: ExportOptions) => {
      assertOutputs([file, `${file}.ids.json`], { flag: 'FILE', force, inputs: [] })
      const { config } = await loadConfig()
      const { exportIndex } = await import('../../compose/storage.ts')
      const count = await exportIndex(config, { collection, file })
      output.print(`Wrote ${formatCount(count, 'face')} of ${collection} to ${file}.`)
    })

  index
    .command('import')
    .description('take an exported file as the index; stop the server first')
    .argument('<file>', 'file that "index export" wrote, with FILE.ids.json beside it')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .action(async (file: string, { collection }: Options) => {
      const { config } = await loadConfig()
      const { importIndex } = await import('../../compose/storage.ts')
      const { imported, leftOut } = await importIndex(config, { collection, file })
      output.print(`The index of ${collection} has ${formatCount(imported, 'face')} of ${file}.`)
      if (leftOut > 0) output.print(`Not in the database, left out: ${leftOut}.`)
      await withFaceWatcher(async ({ faceWatcher, jobs }) => {
        const { missing, different } = await faceWatcher.index.verify(collection)
        const count = missing.length + different.length
        if (count === 0) return
        output.note(
          `${formatCount(count, 'face')} of the database not in it or different: rebuilding.`,
        )
        await rebuild(jobs, collection)
      })
    })
}
