import type { Command } from 'commander'
import type { Config } from '../../config/config.ts'
import { FaceError, isFaceError } from '../../core/errors.ts'
import type { Database } from '../../storage/database.ts'
import type { TransferOptions, TransferProgress, TransferSummary } from '../../transfer/options.ts'
import { forCommandLine } from '../actor.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { UsageError } from '../failures.ts'
import { createInterrupt } from '../interrupt.ts'
import { formatCount, type Output } from '../output.ts'
import { isSameFile } from '../output-files.ts'
import { createProgress, formatDuration, type Progress } from '../progress.ts'

interface Options {
  readonly collection?: readonly string[]
  readonly json?: boolean
}

interface CopyOptions extends Options {
  readonly from: string
  readonly to: string
}

/** `data export|import|copy`. They need neither models nor an index. */
export function addData(program: Command, { output, loadConfig }: CliContext): void {
  const data = program.command('data').description('move galleries between databases')

  data
    .command('export')
    .description('write collections to a new directory')
    .argument('<dir>', 'directory; not there yet, empty, or of an export that did not finish')
    .option('--collection <name...>', 'only these collections')
    .option('--json', 'print JSON')
    .action(async (directory: string, options: Options) => {
      const { config } = await loadConfig()
      const { exportGallery } = await import('../../transfer/export.ts')
      await runTransfer(output, options, (transfer) =>
        withStore(openConfigured(config), (store) =>
          exportGallery(store, directory, {
            ...transfer,
            source: config.store.kind,
            createdAt: new Date().toISOString(),
          }),
        ),
      )
    })

  data
    .command('import')
    .description('read collections from an exported directory')
    .argument('<dir>', 'directory that "data export" wrote')
    .option('--collection <name...>', 'only these collections')
    .option('--json', 'print JSON')
    .action(async (directory: string, options: Options) => {
      const { config } = await loadConfig()
      const { importGallery } = await import('../../transfer/import.ts')
      await runTransfer(output, options, (transfer) =>
        withStore(openConfigured(config), (store) => importGallery(directory, store, transfer)),
      )
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
    .option('--json', 'print JSON')
    .action(async (options: CopyOptions) => {
      const [from, to] = [options.from, options.to].map((url) => url.replace(/^sqlite:\/\//, ''))
      if (from === to || isSameFile(from ?? '', to ?? '')) {
        throw new UsageError('--from and --to are the same.')
      }
      const { config } = await loadConfig()
      const [{ openStoreAt }, { copyGallery }] = await Promise.all([
        import('../../compose/storage.ts'),
        import('../../transfer/copy.ts'),
      ])
      await runTransfer(output, options, (transfer) =>
        withStore(openStoreAt(options.from, config, { mustExist: true }), (from) =>
          withStore(openStoreAt(options.to, config, { mustExist: false }), (to) =>
            copyGallery(from, to, transfer),
          ),
        ),
      )
    })
}

async function openConfigured(config: Config): Promise<Database> {
  const { openStore } = await import('../../compose/storage.ts')
  return openStore(config)
}

async function withStore<T>(
  opening: Promise<Database>,
  use: (store: Database) => Promise<T>,
): Promise<T> {
  const store = await opening
  try {
    return await use(forCommandLine(store))
  } finally {
    await store.close()
  }
}

/** Runs a transfer with progress and Ctrl-C, and tells what it moved. */
async function runTransfer(
  output: Output,
  { collection, json }: Options,
  transfer: (options: TransferOptions) => Promise<TransferSummary>,
): Promise<void> {
  const progress = createStepProgress(output)
  const interrupt = createInterrupt(output, 'Stopping; Ctrl-C again stops at once.')
  const startedAt = performance.now()
  try {
    const { collections } = await transfer({
      collections: collection,
      signal: interrupt.signal,
      onProgress: progress.update,
    }).finally(progress.stop)
    const seconds = (performance.now() - startedAt) / 1000
    if (collections.length === 0)
      throw new FaceError('collectionNotFound', { detail: 'The source has none.' })
    if (json) output.json({ collections, seconds })
    else {
      for (const { name, persons, faces, others } of collections) {
        const besides = others ? ` It had ${formatCount(others, 'other record')}, kept.` : ''
        output.print(
          `${name}: ${formatCount(persons, 'person')}, ${formatCount(faces, 'face')}.${besides}`,
        )
      }
      output.print(
        `Moved ${formatCount(collections.length, 'collection')} in ${formatDuration(seconds)}.`,
      )
    }
  } catch (error) {
    if (!interrupt.signal.aborted || !isFaceError(error, 'aborted')) throw error
    output.note('Interrupted. Run the same command again to go on.')
    process.exitCode = exitCodes.interrupted
  } finally {
    interrupt.release()
  }
}

const stepLabels: Readonly<Record<TransferProgress['step'], string>> = {
  export: 'Exporting',
  check: 'Checking',
  import: 'Importing',
  copy: 'Copying',
  compare: 'Comparing',
}

/** A bar a step. */
function createStepProgress(output: Output): {
  update(progress: TransferProgress): void
  stop(): void
} {
  let step: TransferProgress['step'] | undefined
  let bar: Progress | undefined

  function stop(): void {
    bar?.stop()
    bar = undefined
    step = undefined
  }

  async function begin(progress: TransferProgress): Promise<void> {
    stop()
    step = progress.step
    const { total } = progress
    const label = stepLabels[progress.step]
    const started = await createProgress(output, { label, unit: 'records', total })
    if (step === progress.step) bar = started
    else started.stop()
  }

  return {
    stop,
    update(progress) {
      if (progress.step !== step) void begin(progress)
      bar?.update(progress.done, progress.total)
    },
  }
}
