import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import type { FaceJudge } from '../../core/judge.ts'
import { computeVerifyThreshold, defaultPolicy, maxMatchFmr } from '../../core/policy.ts'
import type { DecisionPolicy, FmrCurve } from '../../core/types.ts'
import { createRandom } from '../../platform/random.ts'
import type { ImageLimits } from '../../vision/pipeline/image-limits.ts'
import { type Damage, damageName } from '../damage/damage.ts'
import { damages } from '../damage/kinds.ts'
import type { Dataset } from '../dataset.ts'
import type { EvaluationInput } from '../embeddings.ts'
import { analyzePictures, type PictureTask } from './analyze-pictures.ts'
import { createJudgeDecider, type StressDecider } from './decider.ts'
import type { FoundFace } from './face-cache.ts'
import { measureClean, measureDamage, toJudgedRows } from './measure-damage.ts'
import { drawPeople, type Subject } from './photographs.ts'
import { type CacheFiles, toCacheFiles, toDamageTask, toPhotographTask } from './pictures.ts'
import type { DamageResult, StressResult } from './stress-types.ts'
import { summarise } from './summary.ts'

export interface StressOptions {
  /** Curve of the model; thresholds come from it. */
  readonly curve: FmrCurve
  /** Limits of images that are decoded. */
  readonly limits: ImageLimits
  /** Policy of the galleries. Default {@link defaultPolicy}. */
  readonly policy?: DecisionPolicy
  /** Judge of the model, the same that the analyzer has: results kept of another one are void. */
  readonly judge?: FaceJudge
  /** Default: as the product decides with the judge. */
  readonly decider?: StressDecider
  /** People whose photographs are damaged. Default 300. */
  readonly people?: number
  /** Clean strangers, and the clean people of galleries. Default 2,500. */
  readonly strangers?: number
  /** Kinds, or kinds with their strength (`blur 4`). Default: all. */
  readonly kinds?: readonly string[]
  /** People who take no part: those whom a judge learned from. */
  readonly without?: readonly string[]
  /** Seed of the draws of people, damages and galleries. Default 1. */
  readonly seed?: number
  /** Sets of photographs of which the refused share is counted. */
  readonly clean?: readonly Dataset[]
}

const galleries = { damagedPeople: 20, cleanPeople: [0, 80, 480, 980], draws: 5 }

/**
 * Measures what damage does to recognition at the default thresholds: false matches between people
 * damaged alike, damaged people and clean strangers, misses, refusals, and damaged people enrolled
 * among clean ones.
 *
 * @throws {FaceError} `invalidOption` for an unknown kind, or with fewer than two people who have a
 *   face; `aborted` when the signal fires: what is done stays in the cache; and as `Analyzer.analyze`
 *   for problems that are not an image's
 */
export async function evaluateStress(
  input: EvaluationInput,
  options: StressOptions,
): Promise<StressResult> {
  const { seed = 1, clean = [], policy = defaultPolicy, curve } = options
  const chosen = chooseDamages(options.kinds)
  const without = new Set(options.without)
  const people = drawPeople(
    input.dataset.images.filter(({ person }) => !without.has(person)),
    { subjects: options.people ?? 300, strangers: options.strangers ?? 2500 },
    seed,
  )
  const files = toCacheFiles(input.dataset, input, options.judge)
  const mates = people.subjects.flatMap(({ mate }) => (mate === undefined ? [] : [mate]))
  const photographs = [
    ...people.subjects.map(({ photograph }) => photograph),
    ...mates,
    ...people.strangers,
  ]
  const cleanImages = clean.reduce((sum, { images }) => sum + images.length, 0)
  const total = photographs.length + cleanImages + people.subjects.length * chosen.length
  const analyze = createAnalysis(input, total)

  const found = await analyze(photographs.map(toPhotographTask), files.photographs)
  const byKey = new Map(found.map((each) => [each.key, each]))
  const subjects = people.subjects.filter(({ photograph }) => byKey.get(photograph.key)?.face)
  if (subjects.length < 2) {
    throw new FaceError('invalidOption', {
      detail: `Damage is measured between people: in ${subjects.length} of the photographs a face was found.`,
    })
  }
  const tasksOf = (damage: Damage): readonly PictureTask[] =>
    subjects.map(({ photograph }) =>
      toDamageTask(
        damage,
        { photograph, clean: byKey.get(photograph.key) as FoundFace },
        { seed, limits: options.limits },
      ),
    )
  const cleanFiles = clean.map((dataset) => toCacheFiles(dataset, input, options.judge))
  for (const [i, dataset] of clean.entries()) {
    await analyze(dataset.images.map(toPhotographTask), (cleanFiles[i] as CacheFiles).photographs)
  }
  for (const damage of chosen) await analyze(tasksOf(damage), files.damaged(damage, seed))

  const decider = options.decider ?? createJudgeDecider(options.judge, curve)
  const threshold = computeVerifyThreshold(maxMatchFmr, curve, 1)
  const strangers = toJudgedRows(
    people.strangers.map(({ key }) => byKey.get(key) as FoundFace),
    decider,
  )
  const read = (tasks: readonly PictureTask[], cacheFile: string) =>
    analyzePictures(tasks, { input, cacheFile, onDone: () => {} })
  const results: DamageResult[] = []
  const steps = chosen.length + clean.length
  for (const damage of chosen) {
    if (input.signal?.aborted) throw new FaceError('aborted')
    const damaged = await read(tasksOf(damage), files.damaged(damage, seed))
    results.push(
      measureDamage(damage, {
        ...{ damaged, strangers, threshold, decider, upright: results[0] },
        mates: subjects.map(({ mate }: Subject) => mate && byKey.get(mate.key)),
        galleries: { ...galleries, policy, curve, decider, random: createRandom(seed) },
      }),
    )
    input.onProgress?.({ stage: 'compare', done: results.length, total: steps })
    await setImmediate()
  }
  const cleanResults = []
  for (const [i, dataset] of clean.entries()) {
    const { photographs: cacheFile } = cleanFiles[i] as CacheFiles
    const faces = await read(dataset.images.map(toPhotographTask), cacheFile)
    cleanResults.push(measureClean(dataset.name, faces, decider))
    const done = results.length + cleanResults.length
    input.onProgress?.({ stage: 'compare', done, total: steps })
  }
  return {
    protocol: 'stress',
    dataset: input.dataset.name,
    modelId: input.modelId,
    seed,
    people: subjects.length,
    peopleWithoutFace: people.subjects.length - subjects.length,
    strangers: strangers.comparable.filter(Boolean).length,
    statedFmr: maxMatchFmr,
    threshold,
    policy,
    damages: results,
    clean: cleanResults,
    summary: summarise(results),
  }
}

/** Damages by name; the undamaged photograph always comes first, others are measured by it. */
export function chooseDamages(wanted: readonly string[] | undefined): readonly Damage[] {
  if (wanted === undefined) return damages
  const names = (damage: Damage): readonly string[] => [damage.kind, damageName(damage)]
  for (const name of wanted) {
    if (damages.some((damage) => names(damage).includes(name))) continue
    const kinds = [...new Set(damages.map(({ kind }) => kind))].join(', ')
    throw new FaceError('invalidOption', {
      detail: `There is no kind of damage "${name}". Kinds: ${kinds}.`,
    })
  }
  return damages.filter(
    (damage) => damage.kind === 'clean' || names(damage).some((name) => wanted.includes(name)),
  )
}

/** Analyses pictures and counts them together, whichever file keeps them. */
function createAnalysis(input: EvaluationInput, total: number) {
  let done = 0
  return (tasks: readonly PictureTask[], cacheFile: string): Promise<readonly FoundFace[]> =>
    analyzePictures(tasks, {
      ...{ input, cacheFile },
      onDone: (count) => {
        done += count
        input.onProgress?.({ stage: 'embed', done, total })
      },
    })
}
