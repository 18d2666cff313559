import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { DetSeries } from '../../evaluation/det-plot.ts'
import type { EvaluationInput } from '../../evaluation/embeddings.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { integerOption } from '../option-parsers.ts'
import type { Output } from '../output.ts'
import { assertOutputs, forceHelp, writeOutput } from '../output-files.ts'
import { runEvaluationJob } from './evaluate-job.ts'
import {
  defaultPersons,
  type EvaluateOptions,
  loadRecord,
  toDatasetOptions,
} from './evaluate-options.ts'
import { assertSheetName } from './evaluate-strangers.ts'

type Protocol = EvaluationResult['protocol']
type Evaluate = (input: EvaluationInput, options: EvaluateOptions) => Promise<EvaluationResult>

/** `evaluate lfw|fmr|identify|promise|strangers|stress|judge`. */
export function addEvaluate(program: Command, context: CliContext): void {
  const evaluate = program
    .command('evaluate')
    .description('measure accuracy on labelled photographs')
  const add = (name: Protocol, description: string, run: Evaluate) =>
    evaluate
      .command(name)
      .description(description)
      .requiredOption(
        '--data <dir>',
        'lfw-deepfunneled.tar, an unpacked lfw/ or one folder a person; pairs.txt beside it',
      )
      .option('--model <id>', 'embedder (default: models.embedder of the configuration)')
      .addOption(new Option('--embedder <id>', 'the earlier name of --model').hideHelp())
      .option('--cache <dir>', 'where embeddings are kept (default: cache in the data directory)')
      .option('--out <file>', 'write the result as JSON')
      .option('--force', `with --out, --plot and --sheet: ${forceHelp}`)
      .option('--json', 'print JSON instead of a table')
      .action((options: EvaluateOptions) =>
        runEvaluation(context, options, { run, protocol: name }),
      )

  add('lfw', '10-fold accuracy of the official pairs protocol', async (input) => {
    const { evaluateLfw } = await import('../../evaluation/lfw.ts')
    return evaluateLfw(input)
  })

  addSharedOptions(
    add('fmr', 'false and true match rates over all pairs', async (input, options) => {
      const { evaluateFmr } = await import('../../evaluation/fmr.ts')
      return evaluateFmr(input, options.out === undefined ? {} : { resultFile: options.out })
    }),
  ).option('--save', 'put the curve into the record of your own model (models import FILE.onnx)')

  addSharedOptions(
    add('identify', 'open-set search: enrolled people and strangers', async (input, options) => {
      const { evaluateIdentify } = await import('../../evaluation/identify.ts')
      const { config, curve } = await loadRecord(context, input.modelId)
      return evaluateIdentify(input, {
        policy: config.policy,
        ...(curve === undefined ? {} : { curve }),
        ...(options.persons === undefined ? {} : { gallerySize: options.persons }),
        ...(options.draws === undefined ? {} : { draws: options.draws }),
        ...(options.seed === undefined ? {} : { seed: options.seed }),
      })
    }),
  )
    .option('--persons <n>', 'people enrolled with one image each', integerOption(1, 1_000_000))
    .option('--draws <n>', 'random draws to average over', integerOption(1, 10_000))
    .option('--seed <n>', 'seed of the draws', integerOption(0, 2 ** 32 - 1))

  add(
    'promise',
    'how far the promised error rate holds on your photographs',
    async (input, options) => {
      const { runPromise } = await import('./evaluate-promise.ts')
      return runPromise(context, input, options)
    },
  )
    .option('--strangers-from <dir>', 'photographs of other people (default: who is not enrolled)')
    .option(
      '--persons <n>',
      `people enrolled (default: ${defaultPersons})`,
      integerOption(1, 1_000_000),
    )
    .option('--photographs <n>', 'photographs enrolled of each (default: 1)', integerOption(1, 100))
    .option('--draws <n>', 'random draws to average over (default: 20)', integerOption(1, 10_000))
    .option('--seed <n>', 'seed of the draws', integerOption(0, 2 ** 32 - 1))

  add('strangers', 'how well sightings of unknown people come together', async (input, options) => {
    const { runStrangers } = await import('./evaluate-strangers.ts')
    return runStrangers(context, input, options)
  })
    .option('--people <n>', 'people with several photographs (all)', integerOption(1, 1_000_000))
    .option('--singles <n>', 'people with one photograph (all others)', integerOption(0, 1_000_000))
    .option('--photographs <n>', 'the most photographs of a person', integerOption(2, 10_000))
    .option('--draws <n>', 'random draws to average over (default: 10)', integerOption(1, 10_000))
    .option('--seed <n>', 'seed of the draws', integerOption(0, 2 ** 32 - 1))
    .option('--sheet <file.jpg>', 'draw the worst clusters of the worst draw')

  add('stress', 'damaged faces: false matches, misses and refusals', async (input, options) => {
    const { runStress } = await import('./evaluate-damage.ts')
    return runStress(context, input, options)
  })
    .option('--clean <dir>', 'count what is refused of these photographs; may be repeated', collect)
    .option('--kinds <list>', 'kinds of damage, or kinds with their strength: blur,"mask 1"', split)
    .option('--people <n>', 'people whose photograph is damaged (300)', integerOption(2, 100_000))
    .option('--strangers <n>', 'clean people beside them (2,500)', integerOption(0, 1_000_000))
    .option('--without <file>', 'leave out the people whom a judge learned from, by its result')
    .option('--seed <n>', 'seed of people and damages', integerOption(0, 2 ** 32 - 1))

  add(
    'judge',
    'learn from damaged faces which faces cannot be compared',
    async (input, options) => {
      const { runJudge } = await import('./evaluate-damage.ts')
      return runJudge(context, input, options)
    },
  )
    .option(
      '--clean <dir[=share]>',
      'photographs of which at most a share (0.01) may be refused; may be repeated',
      collect,
    )
    .option('--people <n>', 'people whose photograph is damaged (300)', integerOption(20, 100_000))
    .option('--strangers <n>', 'clean people beside them (5,000)', integerOption(100, 1_000_000))
    .option('--seed <n>', 'seed of people and damages', integerOption(0, 2 ** 32 - 1))
    .option('--save', 'put the judge into the record of your own model (models import FILE.onnx)')
}

/** Values of a flag that may be repeated. */
function collect(value: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), value]
}

function split(value: string): readonly string[] {
  return value.split(',').map((part) => part.trim())
}

function addSharedOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--images <which>', 'those that pairs.txt names, or all')
        .choices(['protocol', 'all'])
        .default('protocol'),
    )
    .option('--plot <file.svg>', 'write the DET curve as SVG')
}

async function runEvaluation(
  context: CliContext,
  options: EvaluateOptions,
  { run, protocol }: { readonly run: Evaluate; readonly protocol: Protocol },
): Promise<void> {
  const { output, loadConfig } = context
  if (options.plot !== undefined && !options.plot.toLowerCase().endsWith('.svg')) {
    throw new UsageError(`--plot ${options.plot}: the file's name must end in .svg.`)
  }
  if (options.sheet !== undefined) assertSheetName(options.sheet)
  assertResultFiles(options)
  const { config } = await loadConfig()
  const modelId = options.model ?? options.embedder ?? config.models.embedder
  const { readOwnRecord, saveOwnRecord } = await import('../../models/own-record.ts')
  const own = options.save ? await readOwnRecord(config.dataDir, modelId) : undefined
  if (options.save && own === undefined) {
    throw new UsageError(
      `--save: ${modelId} was not brought in by "models import FILE.onnx"; its record is not yours to change.`,
    )
  }
  const [{ composeVision }, { createModelProgress }, { openDataset }] = await Promise.all([
    import('../../compose/compose.ts'),
    import('../model-progress.ts'),
    import('../../evaluation/dataset.ts'),
  ])
  const cacheDir = options.cache ?? join(config.dataDir, 'cache')
  const installing = createModelProgress(output)
  const vision = await composeVision(config, {
    embedders: [modelId],
    judges: protocol !== 'judge',
    takesImages: true,
    onProgress: installing.update,
  }).finally(installing.stop)
  let result: EvaluationResult
  try {
    await mkdir(cacheDir, { recursive: true })
    const dataset = await openDataset(options.data, toDatasetOptions({ output }, cacheDir))
    const modelFingerprint = await vision.fingerprint(modelId)
    const evaluate = (observers: Pick<EvaluationInput, 'onProgress' | 'signal'>) =>
      run(
        {
          ...{ analyzer: vision.analyzer, dataset, modelId, cacheDir, modelFingerprint },
          ...{ images: options.images ?? 'protocol', detector: config.detector },
          ...observers,
        },
        options,
      )
    const about = { protocol, modelId, data: options.data }
    result = await runEvaluationJob(context, about, { config, evaluate })
  } finally {
    await vision.close()
  }
  await writeResult(result, options, output)
  if (own !== undefined && result.protocol === 'fmr') {
    if (result.curve === undefined) {
      throw new UsageError('--save: too few pairs for a curve; nothing was saved.')
    }
    await saveOwnRecord(config.dataDir, { ...own, fmrCurve: result.curve })
    output.note(`Saved the curve of ${modelId}; a running server reads it at its next start.`)
  }
  if (own !== undefined && result.protocol === 'judge') {
    await saveOwnRecord(config.dataDir, { ...own, judge: result.judge })
    output.note(`Saved the judge of ${modelId}; a running server reads it at its next start.`)
  }
}

/** Before the work, which may take hours. */
function assertResultFiles(options: EvaluateOptions): void {
  const { out, plot, sheet, data, without, force = false } = options
  const inputs = [data, ...(without === undefined ? [] : [without])]
  if (out !== undefined) assertOutputs([out], { flag: '--out', force, inputs })
  if (plot !== undefined) assertOutputs([plot], { flag: '--plot', force, inputs })
  if (sheet !== undefined) assertOutputs([sheet], { flag: '--sheet', force, inputs })
  if (out !== undefined && sheet !== undefined && resolve(out) === resolve(sheet)) {
    throw new UsageError('--out and --sheet are the same.')
  }
  if (out !== undefined && plot !== undefined && resolve(out) === resolve(plot)) {
    throw new UsageError('--out and --plot are the same.')
  }
}

type Plotted = Extract<EvaluationResult, { protocol: 'lfw' | 'fmr' | 'identify' }>

function isPlotted(result: EvaluationResult): result is Plotted {
  return ['lfw', 'fmr', 'identify'].includes(result.protocol)
}

async function writeResult(
  result: EvaluationResult,
  options: EvaluateOptions,
  output: Output,
): Promise<void> {
  const force = options.force ?? false
  if (options.out !== undefined) {
    await writeOutput(options.out, `${JSON.stringify(result, null, 2)}\n`, { flag: '--out', force })
  }
  // Other protocols have no curve to plot, and no such option.
  if (options.plot !== undefined && isPlotted(result)) {
    const series = toSeries(result)
    if (series.points.length === 0) {
      output.note('--plot: too few pairs for a curve; no file was written.')
    } else await writePlot(series, { result, file: options.plot, force })
  }
  if (options.json) return output.json(result)
  const { formatReport } = await import('../../evaluation/report.ts')
  output.print(formatReport(result))
}

async function writePlot(
  series: DetSeries,
  to: { readonly result: Plotted; readonly file: string; readonly force: boolean },
): Promise<void> {
  const { result, file, force } = to
  const { renderDetPlot } = await import('../../evaluation/det-plot.ts')
  const axes =
    result.protocol === 'identify'
      ? { xLabel: 'FPIR', yLabel: 'FNIR' }
      : { xLabel: 'FMR', yLabel: 'FNMR' }
  const title = `${result.modelId} on ${result.dataset}`
  await writeOutput(file, renderDetPlot([series], { title, ...axes }), { flag: '--plot', force })
}

function toSeries(result: Plotted): DetSeries {
  const label = result.modelId
  if (result.protocol === 'identify') {
    return { label, points: result.curve.map(({ fpir, fnir }) => ({ x: fpir, y: fnir })) }
  }
  const points = result.protocol === 'fmr' ? result.points : []
  return { label, points: points.map(({ fmr, tmr }) => ({ x: fmr, y: 1 - tmr })) }
}
