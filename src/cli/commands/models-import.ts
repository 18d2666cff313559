import { basename, extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ModelInstaller } from '../../models/install.ts'
import type { ModelRecord } from '../../models/manifest-types.ts'
import type { OwnModelOptions } from '../../models/own-import.ts'
import { UsageError } from '../failures.ts'
import type { ModelProgress } from '../model-progress.ts'
import { integerOption } from '../option-parsers.ts'
import type { Output } from '../output.ts'

interface Options {
  readonly id?: string
  readonly title?: string
  readonly channels?: 'rgb' | 'bgr'
  readonly normalize?: NonNullable<OwnModelOptions['normalization']>
  readonly dimension?: number
  readonly output?: string
  readonly license?: string
  readonly trainingData?: string
}

interface Context {
  readonly output: Output
  readonly open: () => Promise<{ installer: ModelInstaller; progress: ModelProgress }>
}

/** `models import ID FILE` and `models import FILE.onnx`. */
export function addImport(models: Command, { output, open }: Context): void {
  models
    .command('import <idOrFile> [file]')
    .usage('[options] <id> <file> | [options] <file.onnx>')
    .description('build a model from a file that you have, or bring in your own face embedder')
    .option('--id <id>', 'of your own model (default: from the file name)')
    .option('--title <text>', 'how it is called in lists')
    .addOption(
      new Option('--channels <order>', 'what it was trained on (default: rgb)').choices([
        'rgb',
        'bgr',
      ]),
    )
    .option(
      '--normalize <mean,std|in-graph>',
      'of pixels 0 to 255 (default: in-graph where the file does it, else 127.5,127.5)',
      parseNormalization,
    )
    .option(
      '--dimension <n>',
      'of its embedding, if the file does not tell',
      integerOption(1, 4096),
    )
    .option('--output <name>', 'output that holds the embedding, if there are several')
    .option('--license <text>', 'shown in lists')
    .option('--training-data <text>', 'shown in lists')
    .action(async (idOrFile: string, file: string | undefined, options: Options) => {
      if (file !== undefined) {
        if (Object.keys(options).length > 0) {
          throw new UsageError('Options are for your own model: models import FILE.onnx.')
        }
        const { installer, progress } = await open()
        await installer.import(idOrFile, file).finally(progress.stop)
        return output.print(`Installed ${idOrFile} from ${file}.`)
      }
      if (extname(idOrFile).toLowerCase() !== '.onnx') {
        throw new UsageError(`models import ${idOrFile}: the file is missing.`)
      }
      const { installer, progress } = await open()
      const record = await installer
        .importOwn(idOrFile, toOwnOptions(idOrFile, options))
        .finally(progress.stop)
      for (const line of describeImport(record)) output.print(line)
    })
}

function toOwnOptions(file: string, options: Options): OwnModelOptions {
  const { id = toId(file), channels, normalize, ...rest } = options
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(id)) {
    throw new UsageError(`--id ${id}: small letters, digits and dashes, at most 63.`)
  }
  return {
    ...{ ...rest, id },
    ...(channels === undefined ? {} : { channelOrder: channels }),
    ...(normalize === undefined ? {} : { normalization: normalize }),
  }
}

/** `Glint R100.onnx` becomes `glint-r100`. */
export function toId(file: string): string {
  const words =
    basename(file, extname(file))
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 63)
}

/** `127.5,128` or `in-graph`. */
export function parseNormalization(text: string): NonNullable<OwnModelOptions['normalization']> {
  if (text === 'in-graph') return 'inGraph'
  const [mean, std, ...rest] = text.split(',').map((part) => (part.trim() === '' ? NaN : +part))
  if (mean === undefined || !Number.isFinite(mean) || !(std! > 0) || rest.length > 0) {
    throw new InvalidArgumentError('It must be in-graph, or mean and std such as 127.5,127.5.')
  }
  return { mean, std: std! }
}

function describeImport({ id, dimension, input }: ModelRecord): readonly string[] {
  const normalization = input?.normalization
  const pixels =
    normalization?.kind === 'affine'
      ? `(pixel - ${normalization.mean[0]}) / ${normalization.std[0]}`
      : 'pixels 0 to 255'
  return [
    `Installed ${id}: ${dimension} dimensions, ${input?.channelOrder.toUpperCase()}, ${pixels}.`,
    'No file tells the order of its channels: if faces of one person are not alike, try --channels.',
    `Measure its error rates before you decide by rate: face-watcher evaluate fmr --model ${id} --data DIR --save`,
  ]
}
