import { extname } from 'node:path'
import type { LabelledImage } from '../../evaluation/dataset.ts'
import type { EvaluationInput } from '../../evaluation/embeddings.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { writeOutput } from '../output-files.ts'
import { type EvaluateOptions, loadRecord } from './evaluate-options.ts'

/** `evaluate strangers`. */
export async function runStrangers(
  context: CliContext,
  input: EvaluationInput,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const { evaluateStrangers } = await import('../../evaluation/strangers/strangers.ts')
  const { config, curve } = await loadRecord(context, input.modelId)
  if (curve === undefined) {
    throw new UsageError(
      `${input.modelId} has no measured FMR curve, so it has no rule for strangers.`,
    )
  }
  const { people, singles, photographs, draws, seed, sheet } = options
  const result = await evaluateStrangers(input, {
    curve,
    ...(people === undefined ? {} : { people }),
    ...(singles === undefined ? {} : { singles }),
    ...(photographs === undefined ? {} : { photographs }),
    ...(draws === undefined ? {} : { draws }),
    ...(seed === undefined ? {} : { seed }),
  })
  if (sheet !== undefined) {
    const [{ drawClusterSheet }, { chooseLabelledFace }] = await Promise.all([
      import('../cluster-sheet.ts'),
      import('../../evaluation/face-choice.ts'),
    ])
    const images = new Map(input.dataset.images.map((image) => [image.key, image]))
    const fileOf = (key: string): string => (images.get(key) as LabelledImage).file
    const detector = input.detector === undefined ? {} : { detector: input.detector }
    const file = await drawClusterSheet(result.worst, {
      fileOf,
      limits: config.limits,
      async findFace(image) {
        const analysis = await input.analyzer.analyze(image, detector)
        return chooseLabelledFace(analysis)?.detection.box
      },
    })
    await writeOutput(sheet, file, { flag: '--sheet', force: options.force ?? false })
  }
  return result
}

/** @throws {UsageError} when the sheet's name has another ending than what is written */
export function assertSheetName(sheet: string): void {
  if (['.jpg', '.jpeg'].includes(extname(sheet).toLowerCase())) return
  throw new UsageError(`--sheet ${sheet}: the file's name must end in .jpg.`)
}
