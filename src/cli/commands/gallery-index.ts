import type { Command } from 'commander'
import { defaultCollectionName } from '../../recognition/face-watcher.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../failures.ts'
import { createProgress } from '../progress.ts'

interface Options {
  readonly collection: string
  readonly json?: boolean
}

/** `index verify|rebuild`. */
export function addIndex(program: Command, { output, withFaceWatcher }: CliContext): void {
  const index = program.command('index').description('the search index of a collection')

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
        const progress = await createProgress(output, { label: 'Index', unit: 'faces', total: 0 })
        let count = 0
        await faceWatcher.index
          .rebuild(options.collection, (done, total) => {
            count = total
            progress.update(done, total)
          })
          .finally(progress.stop)
        output.print(`Rebuilt the index of ${options.collection} from ${count} faces.`)
      }),
    )
}
