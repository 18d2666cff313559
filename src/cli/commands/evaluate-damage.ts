import { readFile } from 'node:fs/promises'
import { FaceError } from '../../core/errors.ts'
import type { EvaluationInput } from '../../evaluation/embeddings.ts'
import type { EvaluationResult } from '../../evaluation/report.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../failures.ts'
import { type EvaluateOptions, loadRecord, toDatasetOptions } from './evaluate-options.ts'

/** `evaluate judge`. */
export async function runJudge(
  context: CliContext,
  input: EvaluationInput,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const [{ evaluateJudge }, { openPhotographs }] = await Promise.all([
    import('../../evaluation/calibrate/evaluate-judge.ts'),
    import('../../evaluation/stress/photographs.ts'),
  ])
  const { config, curve } = await loadRecord(context, input.modelId)
  if (curve === undefined) {
    const detail = `${input.modelId} has no FMR curve yet, so nothing tells a false match: run "evaluate fmr" first.`
    throw new FaceError('invalidOption', { detail })
  }
  const { people, strangers, seed, out } = options
  const opening = toDatasetOptions(context, input.cacheDir)
  return evaluateJudge(input, {
    ...{ curve, limits: config.limits },
    ...(out === undefined ? {} : { resultFile: out }),
    ...(people === undefined ? {} : { people }),
    ...(strangers === undefined ? {} : { strangers }),
    ...(seed === undefined ? {} : { seed }),
    clean: await Promise.all(
      (options.clean ?? []).map(async (value) => {
        const [dir, share = '0.01'] = value.split('=') as [string, string?]
        const maxRefused = Number(share)
        if (!(maxRefused > 0 && maxRefused < 1)) {
          throw new UsageError(`--clean ${value}: the share must be a number between 0 and 1.`)
        }
        return { dataset: await openPhotographs(dir, opening), maxRefused }
      }),
    ),
  })
}

/** `evaluate stress`. */
export async function runStress(
  context: CliContext,
  input: EvaluationInput,
  options: EvaluateOptions,
): Promise<EvaluationResult> {
  const [{ evaluateStress }, { openPhotographs }] = await Promise.all([
    import('../../evaluation/stress/stress.ts'),
    import('../../evaluation/stress/photographs.ts'),
  ])
  const { config, curve, judge } = await loadRecord(context, input.modelId)
  if (curve === undefined) {
    const detail = `${input.modelId} has no FMR curve, so no rate is stated that damage could break.`
    throw new FaceError('invalidOption', { detail })
  }
  const { cacheDir } = input
  const { people, strangers, kinds, seed } = options
  const without = options.without === undefined ? [] : await readLearned(options.without)
  return evaluateStress(input, {
    ...{ curve, policy: config.policy, limits: config.limits, without },
    ...(judge === undefined ? {} : { judge }),
    ...(people === undefined ? {} : { people }),
    ...(strangers === undefined ? {} : { strangers }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(seed === undefined ? {} : { seed }),
    clean: await Promise.all(
      (options.clean ?? []).map((dir) => openPhotographs(dir, toDatasetOptions(context, cacheDir))),
    ),
  })
}

/** The people whom a judge learned from, by the result file of `evaluate judge`. */
async function readLearned(file: string): Promise<readonly string[]> {
  const { Type } = await import('typebox')
  const { Value } = await import('typebox/value')
  const schema = Type.Object({ people: Type.Array(Type.String()) })
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    const result = Value.Check(Type.Object({ result: schema }), parsed) ? parsed.result : parsed
    if (Value.Check(schema, result)) return result.people
  } catch (error) {
    throw new UsageError(`--without ${file}: ${(error as Error).message}`)
  }
  throw new UsageError(`--without ${file}: it is no result of "evaluate judge".`)
}
