import { type Command, Option } from 'commander'
import { defaultCollectionName, type FaceWatcher } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { formatCount } from '../output.ts'
import { assertOutputs, forceHelp } from '../output-files.ts'
import { createProgress } from '../progress.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

interface ExportOptions extends Options {
  readonly force?: boolean
}

/** `index status|verify|rebuild|export|import`. */
export function addIndex(program: Command, context: CliContext): void {
  const { output, loadConfig, withFaceWatcher } = context

  async function rebuild(faceWatcher: FaceWatcher, collection: string): Promise<number> {
    const progress = await createProgress(output, { label: 'Index', unit: 'faces', total: 0 })
    let count = 0
    await faceWatcher.index
      .rebuild(collection, (done, total) => {
        count = total
        progress.update(done, total)
      })
      .finally(progress.stop)
    return count
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
    .option('--json', 'print JSON')
    .action((options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const report = await faceWatcher.index.verify(options.collection)
        const { checked, missing, surplus, different } = report
        const clean = missing.length + surplus.length + different.length === 0
        if (options.json) output.json(report)
        else {
          output.print(
            `${checked} faces compared: ${missing.length} missing, ${surplus.length} too many, ${different.length} different.`,
          )
        }
        if (clean) return
        output.note(`"face-watcher index rebuild --collection ${options.collection}" repairs it.`)
        process.exitCode = exitCodes.state
      }),
    )

  index
    .command('rebuild')
    .description('build the index again from the database')
    .option('--collection <name>', 'collection', defaultCollectionName)
    .action((options: Options) =>
      withFaceWatcher(async ({ faceWatcher }) => {
        const count = await rebuild(faceWatcher, options.collection)
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
      await withFaceWatcher(async ({ faceWatcher }) => {
        const { missing, different } = await faceWatcher.index.verify(collection)
        const count = missing.length + different.length
        if (count === 0) return
        output.note(
          `${formatCount(count, 'face')} of the database not in it or different: rebuilding.`,
        )
        await rebuild(faceWatcher, collection)
      })
    })
}
