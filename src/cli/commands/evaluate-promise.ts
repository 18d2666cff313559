import type { Dataset } from '../../evaluation/dataset.ts'
import type { EvaluationInput } from '../../evaluation/embeddings.ts'
import type { LabelledSet } from '../../evaluation/promise.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import {
  defaultPersons,
  type EvaluateOptions,
  loadRecord,
  toDatasetOptions,
} from './evaluate-options.ts'

/** `evaluate promise`. */
export async function runPromise(
  context: CliContext,
  input: EvaluationInput,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const [{ evaluatePromise }, { correctionsOf, groupByPerson }, { embedDataset }] =
    await Promise.all([
      import('../../evaluation/promise.ts'),
      import('../../evaluation/label-corrections.ts'),
      import('../../evaluation/embeddings.ts'),
    ])
  const { config, curve, judge } = await loadRecord(context, input.modelId)
  if (curve === undefined) {
    throw new UsageError(`${input.modelId} has no measured FMR curve, so it promises no rate.`)
  }
  const embed = async (dataset: Dataset): Promise<LabelledSet> => {
    const embedded = await embedDataset({ ...input, dataset, images: 'all' })
    const corrections = correctionsOf(dataset.name)
    return { name: dataset.name, people: groupByPerson(embedded, corrections), embedded }
  }
  const enrolled = await embed(input.dataset)
  const { openPhotographs } = await import('../../evaluation/stress/photographs.ts')
  const strangers =
    options.strangersFrom === undefined
      ? undefined
      : await embed(
          await openPhotographs(options.strangersFrom, toDatasetOptions(context, input.cacheDir)),
        )
  const { openTrialIndex } = await import('../../compose/storage.ts')
  const { index, close } = await openTrialIndex(enrolled.embedded.dimension)
  try {
    const { persons = defaultPersons, photographs, draws, seed } = options
    return await evaluatePromise(
      {
        ...{ enrolled, index, policy: config.policy, curve },
        ...(strangers === undefined ? {} : { strangers }),
        ...(judge === undefined ? {} : { judge }),
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
