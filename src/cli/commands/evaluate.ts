import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import writeFileAtomic from 'write-file-atomic'
import type { Config } from '../../config/config.ts'
import type { Dataset } from '../../evaluation/dataset.ts'
import type { DetSeries } from '../../evaluation/det-plot.ts'
import type { EvaluationInput, EvaluationProgress } from '../../evaluation/embeddings.ts'
import type { LabelledSet, PromiseResult } from '../../evaluation/promise.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { createInterrupt } from '../interrupt.ts'
import { integerOption } from '../option-parsers.ts'
import type { Output } from '../output.ts'
import { createProgress, type Progress } from '../progress.ts'

interface Options {
  readonly data: string
  readonly strangers?: string
  readonly photographs?: number
  readonly embedder?: string
  readonly images: 'protocol' | 'all'
  readonly cache?: string
  readonly out?: string
  readonly plot?: string
  readonly json?: boolean
  readonly persons?: number
  readonly draws?: number
  readonly seed?: number
}

type Evaluate = (input: EvaluationInput, options: Options) => Promise<EvaluationResult>

/** People enrolled by `evaluate promise`. */
const defaultPersons = 100

/** `evaluate lfw|fmr|identify|promise`. */
export function addEvaluate(program: Command, context: CliContext): void {
  const evaluate = program
    .command('evaluate')
    .description('measure accuracy on labelled photographs')
  const add = (name: string, description: string, run: Evaluate) =>
    evaluate
      .command(name)
      .description(description)
      .requiredOption(
        '--data <dir>',
        'lfw-deepfunneled.tar, an unpacked lfw/ or one folder a person; pairs.txt beside it',
      )
      .option('--embedder <id>', 'model (default: models.embedder of the configuration)')
      .option('--cache <dir>', 'where embeddings are kept (default: cache in the data directory)')
      .option('--out <file>', 'write the result as JSON')
      .option('--json', 'print JSON instead of a table')
      .action((options: Options) => runEvaluation(context, options, run))

  add('lfw', '10-fold accuracy of the official pairs protocol', async (input) => {
    const { evaluateLfw } = await import('../../evaluation/lfw.ts')
    return evaluateLfw(input)
  })

  addSharedOptions(
    add('fmr', 'false and true match rates over all pairs', async (input, options) => {
      const { evaluateFmr } = await import('../../evaluation/fmr.ts')
      return evaluateFmr(input, options.out === undefined ? {} : { resultFile: options.out })
    }),
  )

  addSharedOptions(
    add('identify', 'open-set search: enrolled people and strangers', async (input, options) => {
      const { evaluateIdentify } = await import('../../evaluation/identify.ts')
      const { config } = await context.loadConfig()
      const { loadManifest } = await import('../../vision/models/manifest.ts')
      const { models } = await loadManifest({ dataDir: config.dataDir })
      const curve = models.find((model) => model.id === input.modelId)?.fmrCurve
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
      const { config } = await context.loadConfig()
      return evaluatePromiseOf(input, options, config)
    },
  )
    .option('--strangers <dir>', 'photographs of other people (default: who is not enrolled)')
    .option(
      '--persons <n>',
      `people enrolled (default: ${defaultPersons})`,
      integerOption(1, 1_000_000),
    )
    .option('--photographs <n>', 'photographs enrolled of each (default: 1)', integerOption(1, 100))
    .option('--draws <n>', 'random draws to average over (default: 20)', integerOption(1, 10_000))
    .option('--seed <n>', 'seed of the draws', integerOption(0, 2 ** 32 - 1))
}

async function evaluatePromiseOf(
  input: EvaluationInput,
  options: Options,
  config: Config,
): Promise<EvaluationResult> {
  const [{ evaluatePromise }, { groupByPerson, lfwCorrections }, { embedDataset }, manifest] =
    await Promise.all([
      import('../../evaluation/promise.ts'),
      import('../../evaluation/label-corrections.ts'),
      import('../../evaluation/embeddings.ts'),
      import('../../vision/models/manifest.ts'),
    ])
  const { models } = await manifest.loadManifest({ dataDir: config.dataDir })
  const curve = models.find((model) => model.id === input.modelId)?.fmrCurve
  if (curve === undefined) {
    throw new UsageError(`${input.modelId} has no measured FMR curve, so it promises no rate.`)
  }
  const embed = async (dataset: Dataset): Promise<LabelledSet> => {
    const embedded = await embedDataset({ ...input, dataset, images: 'all' })
    const corrections = dataset.name.startsWith('lfw') ? lfwCorrections : undefined
    return { name: dataset.name, people: groupByPerson(embedded, corrections), embedded }
  }
  const enrolled = await embed(input.dataset)
  const { openDataset } = await import('../../evaluation/dataset.ts')
  const strangers =
    options.strangers === undefined
      ? undefined
      : await embed(await openDataset(options.strangers, { cacheDir: input.cacheDir }))
  const { openTrialIndex } = await import('../../compose-storage.ts')
  const { index, close } = await openTrialIndex(enrolled.embedded.dimension)
  try {
    const { persons = defaultPersons, photographs, draws, seed } = options
    return await evaluatePromise(
      {
        ...{ enrolled, index, policy: config.policy, curve },
        ...(strangers === undefined ? {} : { strangers }),
        onDraw: (done, total) => input.onProgress?.({ stage: 'compare', done, total }),
        ...(input.signal === undefined ? {} : { signal: input.signal }),
      },
      {
        persons,
        ...(photographs === undefined ? {} : { photographs }),
        ...(draws === undefined ? {} : { draws }),
        ...(seed === undefined ? {} : { seed }),
      },
    )
  } finally {
    await close()
  }
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
  { output, loadConfig }: CliContext,
  options: Options,
  evaluate: Evaluate,
): Promise<void> {
  if (options.plot !== undefined && !options.plot.toLowerCase().endsWith('.svg')) {
    throw new UsageError(`--plot ${options.plot}: the file's name must end in .svg.`)
  }
  const { config } = await loadConfig()
  const modelId = options.embedder ?? config.models.embedder
  const [{ composeVision }, { createModelProgress }, { openDataset }] = await Promise.all([
    import('../../compose.ts'),
    import('../model-progress.ts'),
    import('../../evaluation/dataset.ts'),
  ])
  const cacheDir = options.cache ?? join(config.dataDir, 'cache')
  const installing = createModelProgress(output)
  const vision = await composeVision(config, {
    embedders: [modelId],
    onProgress: installing.update,
  }).finally(installing.stop)
  const interrupt = createInterrupt(output, 'Stopping; embeddings made so far are kept.')
  const progress = createEvaluationProgress(output)
  try {
    await mkdir(cacheDir, { recursive: true })
    const dataset = await openDataset(options.data, { cacheDir })
    const result = await evaluate(
      {
        ...{ analyzer: vision.analyzer, dataset, modelId, cacheDir },
        modelFingerprint: await vision.fingerprint(modelId),
        images: options.images ?? 'protocol',
        detector: config.detector,
        onProgress: progress.update,
        signal: interrupt.signal,
      },
      options,
    )
    progress.stop()
    await writeResult(result, options, output)
  } finally {
    progress.stop()
    interrupt.release()
    await vision.close()
  }
}

async function writeResult(
  result: EvaluationResult,
  options: Options,
  output: Output,
): Promise<void> {
  if (options.out !== undefined) {
    await writeFileAtomic(options.out, `${JSON.stringify(result, null, 2)}\n`)
  }
  // A promise has no curve to plot, and no such option.
  if (options.plot !== undefined && result.protocol !== 'promise') {
    const { renderDetPlot } = await import('../../evaluation/det-plot.ts')
    const axes =
      result.protocol === 'identify'
        ? { xLabel: 'FPIR', yLabel: 'FNIR' }
        : { xLabel: 'FMR', yLabel: 'FNMR' }
    const title = `${result.modelId} on ${result.dataset}`
    await writeFileAtomic(options.plot, renderDetPlot([toSeries(result)], { title, ...axes }))
  }
  if (options.json) return output.json(result)
  const { formatReport } = await import('../../evaluation/report.ts')
  output.print(formatReport(result))
}

function toSeries(result: Exclude<EvaluationResult, PromiseResult>): DetSeries {
  const label = result.modelId
  if (result.protocol === 'identify') {
    return { label, points: result.curve.map(({ fpir, fnir }) => ({ x: fpir, y: fnir })) }
  }
  const points = result.protocol === 'fmr' ? result.points : []
  return { label, points: points.map(({ fmr, tmr }) => ({ x: fmr, y: 1 - tmr })) }
}

const stageLabels: Readonly<Record<EvaluationProgress['stage'], [label: string, unit: string]>> = {
  embed: ['Embedding', 'images'],
  compare: ['Comparing', 'steps'],
}

/** One bar after the other, a stage each. */
function createEvaluationProgress(output: Output): {
  readonly update: (progress: EvaluationProgress) => void
  readonly stop: () => void
} {
  let current: { readonly stage: string; readonly bar: Promise<Progress> } | undefined
  const stop = () => {
    void current?.bar.then((bar) => bar.stop())
    current = undefined
  }
  return {
    update: ({ stage, done, total }) => {
      if (current?.stage !== stage) {
        stop()
        const [label, unit] = stageLabels[stage]
        current = {
          stage,
          bar: createProgress(output, { label, unit, total, announce: stage === 'embed' }),
        }
      }
      void current.bar.then((bar) => bar.update(done, total))
    },
    stop,
  }
}
