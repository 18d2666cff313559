import type { Command } from 'commander'
import { isFaceError } from '../../core/errors.ts'
import type { ListedModel } from '../../models/install.ts'
import { findModel } from '../../models/manifest.ts'
import { toModelStatus } from '../../recognition/status.ts'
import type { CliContext } from '../context.ts'
import { exitCodes } from '../exit-codes.ts'
import { toFileError, UsageError } from '../failures.ts'
import { findUsers } from '../model-users.ts'
import { formatPercent } from '../output.ts'
import { addImport } from './models-import.ts'

/** `models list|install|import|export|remove|verify`. */
export function addModels(program: Command, { output, loadConfig }: CliContext): void {
  const models = program.command('models').description('the networks that find and compare faces')

  const open = async () => {
    const { config } = await loadConfig()
    const [{ composeModels }, { createModelProgress }] = await Promise.all([
      import('../../compose/compose.ts'),
      import('../model-progress.ts'),
    ])
    const progress = createModelProgress(output)
    const { installer, manifest } = await composeModels(config, {
      ...{ onProgress: progress.update, signal: progress.signal },
    })
    return { config, installer, manifest, progress }
  }

  models
    .command('list')
    .description('list models with accuracy, speed and licence')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const { config, installer, manifest } = await open()
      const listed = await installer.list()
      const defaults = [config.models.detector, config.models.embedder]
      if (options.json) {
        const items = listed.map(({ record, installed, ...files }) => ({
          ...toModelStatus(record, {
            ...{ models: manifest.models, installed },
            isDefault: defaults.includes(record.id),
          }),
          ...files,
        }))
        return output.json({ items })
      }
      output.table(
        ['model', 'task', 'installed', 'dim', 'LFW', 'TMR', 'FNIR', 'ms/face', 'licence'],
        listed.map(({ record, installed }) => [
          record.id + (defaults.includes(record.id) ? ' *' : ''),
          record.task,
          installed ? 'yes' : 'no',
          record.dimension === undefined ? '-' : String(record.dimension),
          formatPercent(record.accuracy?.lfwAccuracy, 2),
          formatPercent(record.accuracy?.tmrAtFmr1e4),
          formatPercent(record.accuracy?.fnirAtFpir1e2),
          record.speed === undefined ? '-' : record.speed.msPerFace.toFixed(1),
          record.license,
        ]),
      )
      for (const line of ['', ...explainModels(listed, config.models.embedder)]) output.print(line)
    })

  models
    .command('install [ids...]')
    .description('fetch and build models (default: those of the configuration)')
    .option(
      '--from <path>',
      'without network, from what "models export" wrote (default: all of it)',
    )
    .action(async (ids: readonly string[], options: { from?: string }) => {
      const { config, installer, progress } = await open()
      if (options.from !== undefined) {
        const chosen = ids.length > 0 ? ids : undefined
        const done = await installer.installFrom(options.from, chosen).finally(progress.stop)
        return output.print(`Installed: ${done.join(', ')}.`)
      }
      const wanted = ids.length > 0 ? ids : [config.models.detector, config.models.embedder]
      await installer.install(wanted).finally(progress.stop)
      output.print(`Installed: ${wanted.join(', ')}.`)
    })

  addImport(models, { output, open })

  models
    .command('export [ids...]')
    .description('write installed models for a machine without network (default: all)')
    .requiredOption('--out <path>', 'a new folder, or a file that ends in .tar, .tgz or .tar.gz')
    .action(async (ids: readonly string[], options: { out: string }) => {
      const { installer } = await open()
      const listed = await installer.list()
      const whole = listed.filter(({ installed, record }) => installed && !record.parts)
      const wanted = ids.length > 0 ? ids : whole.map(({ record }) => record.id)
      if (wanted.length === 0) throw new UsageError('No model is installed.')
      await installer.export(wanted, options.out).catch((error: NodeJS.ErrnoException) => {
        if (isFaceError(error)) throw error
        throw toFileError(`--out ${options.out}`, error)
      })
      output.print(`Exported: ${wanted.join(', ')}.`)
    })

  models
    .command('remove <id>')
    .description('take the files of a model away')
    .action(async (id: string) => {
      const { config, installer, manifest } = await open()
      const { parts } = findModel(manifest, id)
      if (parts) throw new UsageError(`${id} has no files of its own; remove its parts.`)
      const users = await findUsers(config, manifest, id)
      if (users.length > 0) throw new UsageError(`${id} is used by ${users.join(', ')}.`)
      await installer.remove(id)
      output.print(`Removed ${id}.`)
    })

  models
    .command('verify [ids...]')
    .description('check the files of models (default: all that are installed)')
    .option('--json', 'print JSON')
    .action(async (ids: readonly string[], options: { json?: boolean }) => {
      const { installer, manifest } = await open()
      const all = manifest.models.map((model) => model.id)
      const reports = (await installer.verify(ids.length > 0 ? ids : all)).filter(
        ({ status }) => ids.length > 0 || status !== 'notInstalled',
      )
      if (options.json) {
        output.json(
          reports.map(({ error, ...rest }) => ({
            ...rest,
            ...(error === undefined ? {} : { message: error.message }),
          })),
        )
      } else {
        for (const { id, status, error } of reports) {
          const text = { ok: 'ok', notInstalled: 'not installed', corrupt: error?.message }[status]
          output.print(`${id}: ${text}`)
        }
        if (reports.length === 0) throw new UsageError('No model is installed.')
      }
      if (reports.some(({ status }) => status !== 'ok')) process.exitCode = exitCodes.state
    })
}

/** What the columns mean, and what LFW's headline hides. */
function explainModels(listed: readonly ListedModel[], defaultId: string): readonly string[] {
  const missed = (id: string) =>
    listed.find(({ record }) => record.id === id)?.record.accuracy?.fnirAtFpir1e2
  const share = (value: number | undefined, words: string) =>
    value === undefined ? words : `${Math.round(value * 100)} in 100`
  const lines = [
    '* used by default. LFW: 10-fold accuracy. TMR: true match rate at FMR 1e-4. FNIR: enrolled people',
    'that a search misses in a gallery of 1,000 at FPIR 0.01. ms/face: one face, one thread.',
    '',
  ]
  if (defaultId !== 'mobilefacenet') return lines
  return [
    ...lines,
    `FaceNet's embeddings miss ${share(missed('facenet'), 'about a quarter')} of the enrolled people at the threshold that a gallery of`,
    `1,000 needs; the default misses ${share(missed('mobilefacenet'), 'about one in twenty')}. FaceNet is there for galleries made with it.`,
  ]
}
