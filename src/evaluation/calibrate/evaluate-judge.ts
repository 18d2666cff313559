import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import { createJudge, type FaceJudge } from '../../core/judge.ts'
import { computeVerifyThreshold, maxMatchFmr } from '../../core/policy.ts'
import type { FmrCurve } from '../../core/types.ts'
import type { ImageLimits } from '../../vision/pipeline/image-limits.ts'
import { damageName } from '../damage/damage.ts'
import { damages } from '../damage/kinds.ts'
import type { Dataset } from '../dataset.ts'
import type { EvaluationInput } from '../embeddings.ts'
import { analyzePictures, type PictureTask } from '../stress/analyze-pictures.ts'
import type { EmbeddedFace, FoundFace } from '../stress/face-cache.ts'
import { drawPeople } from '../stress/photographs.ts'
import { toCacheFiles, toDamageTask, toPhotographTask } from '../stress/pictures.ts'
import { countTrials, type KindTrial, tryJudges } from './judge-trial.ts'
import { type DamagedExample, toExamples } from './judged-examples.ts'
import { type CleanSet, type Lessons, learnJudge } from './learn-judge.ts'

export interface JudgeOptions {
  /** Curve of the model; thresholds come from it. */
  readonly curve: FmrCurve
  readonly limits: ImageLimits
  /** The result file that the judge will name. */
  readonly resultFile?: string
  /** People whose photographs are damaged. Default 300. */
  readonly people?: number
  /** One clean photograph each of so many others. Default 5,000. */
  readonly strangers?: number
  /** Other sets of photographs, and the share of each that may be refused. */
  readonly clean?: readonly { readonly dataset: Dataset; readonly maxRefused: number }[]
  readonly seed?: number
}

export interface JudgeResult {
  readonly protocol: 'judge'
  readonly dataset: string
  readonly modelId: string
  readonly seed: number
  readonly statedFmr: number
  readonly threshold: number
  /** People whose photographs were damaged; measure on others. */
  readonly people: readonly string[]
  readonly clean: readonly {
    readonly name: string
    readonly faces: number
    readonly refused: number
    readonly maxRefused: number
  }[]
  /** Rates for people, and for families of damage, that the judge did not learn from. */
  readonly kinds: readonly KindTrial[]
  readonly judge: FaceJudge
}

/** Largest share of the photographs that teach what clean is which may be refused. */
const maxRefusedOfDataset = 0.01

/**
 * Learns a model's judge from photographs that it damages, and cross-validates it.
 *
 * The analyzer must not have a judge of this model: it would leave out what it refuses.
 *
 * @throws {FaceError} `invalidOption` with fewer than 20 people who have a face, or for a model
 *   whose graph keeps the length of its embeddings to itself; `aborted`; as `Analyzer.analyze`
 */
export async function evaluateJudge(
  input: EvaluationInput,
  options: JudgeOptions,
): Promise<JudgeResult> {
  const { seed = 1, curve, resultFile = '' } = options
  const threshold = computeVerifyThreshold(maxMatchFmr, curve, 1)
  const { lessons, people } = await collect(input, options, threshold)
  const { examples, clean } = lessons
  const judges = 1 + countTrials(examples)
  let tried = 0
  const onStep = async (): Promise<void> => {
    tried++
    input.onProgress?.({ stage: 'compare', done: tried, total: judges })
    // Learning takes seconds: between two judges the bar and the signal have their turn.
    await setImmediate()
    if (input.signal?.aborted) throw new FaceError('aborted')
  }
  const judge: FaceJudge = {
    source: `${input.dataset.name}, ${people.length} people damaged in ${damages.length} kinds and strengths`,
    resultFile,
    ...learnJudge(lessons, { seed }),
  }
  await onStep()
  const ready = createJudge(judge)
  const isRefused = (face: EmbeddedFace): boolean =>
    !ready.assess({ ...face, rawNorms: face.rawNorms ?? [] }).comparable
  return {
    protocol: 'judge',
    ...{ dataset: input.dataset.name, modelId: input.modelId, seed },
    ...{ statedFmr: maxMatchFmr, threshold, people },
    clean: clean.map(({ name, faces, maxRefused }) => ({
      ...{ name, faces: faces.length, maxRefused },
      refused: faces.filter(isRefused).length / Math.max(1, faces.length),
    })),
    kinds: await tryJudges(lessons, { threshold, onStep, seed }),
    judge,
  }
}

interface Collected {
  readonly lessons: Lessons
  readonly people: readonly string[]
}

const leastPeople = 20

async function collect(
  input: EvaluationInput,
  options: JudgeOptions,
  threshold: number,
): Promise<Collected> {
  const { seed = 1, limits } = options
  const drawn = drawPeople(
    input.dataset.images,
    { subjects: options.people ?? 300, strangers: options.strangers ?? 5000 },
    seed,
  )
  const files = toCacheFiles(input.dataset, input, undefined)
  const mates = drawn.subjects.flatMap(({ mate }) => (mate === undefined ? [] : [mate]))
  const photographs = [
    ...drawn.subjects.map(({ photograph }) => photograph),
    ...mates,
    ...drawn.strangers,
  ]
  const sets = options.clean ?? []
  const total =
    photographs.length +
    sets.reduce((sum, { dataset }) => sum + dataset.images.length, 0) +
    drawn.subjects.length * damages.length
  let done = 0
  const analyze = (tasks: readonly PictureTask[], cacheFile: string) =>
    analyzePictures(tasks, {
      ...{ input, cacheFile },
      onDone: (count) => {
        done += count
        input.onProgress?.({ stage: 'embed', done, total })
      },
    })
  const found = await analyze(photographs.map(toPhotographTask), files.photographs)
  const byKey = new Map(found.map((each) => [each.key, each]))
  const subjects = drawn.subjects.filter(({ photograph }) => byKey.get(photograph.key)?.face)
  if (subjects.length < leastPeople) {
    throw new FaceError('invalidOption', {
      detail: `A judge is learned from at least ${leastPeople} people; in ${subjects.length} of the photographs a face was found.`,
    })
  }
  const clean: CleanSet[] = [
    {
      name: input.dataset.name,
      faces: facesOf(drawn.strangers.map(({ key }) => byKey.get(key))),
      maxRefused: maxRefusedOfDataset,
    },
  ]
  for (const { dataset, maxRefused } of sets) {
    const { photographs: file } = toCacheFiles(dataset, input, undefined)
    const faces = facesOf(await analyze(dataset.images.map(toPhotographTask), file))
    clean.push({ name: dataset.name, faces, maxRefused })
  }
  if (clean[0]?.faces.some(({ rawNorms }) => rawNorms === undefined)) {
    throw new FaceError('invalidOption', {
      detail: `${input.modelId} was built by an earlier version that kept the length of its embeddings to itself: install or import it again.`,
    })
  }
  const subjectMates = subjects.map(({ mate }) => mate && byKey.get(mate.key))
  const examples: DamagedExample[] = []
  for (const damage of damages) {
    if (damage.kind === 'clean') continue
    const tasks = subjects.map(({ photograph }) =>
      toDamageTask(
        damage,
        { photograph, clean: byKey.get(photograph.key) as FoundFace },
        { seed, limits },
      ),
    )
    const damaged = await analyze(tasks, files.damaged(damage, seed))
    const name = damageName(damage)
    examples.push(...toExamples({ damage, name, found: damaged, mates: subjectMates }, threshold))
  }
  const matedFaces = subjects.flatMap(({ photograph, mate }) => {
    const [first, second] = [byKey.get(photograph.key)?.face, mate && byKey.get(mate.key)?.face]
    return first && second ? [[first, second] as const] : []
  })
  return {
    lessons: { examples, clean: clean as unknown as Lessons['clean'], mates: matedFaces },
    people: subjects.map(({ photograph }) => photograph.person),
  }
}

function facesOf(found: readonly (FoundFace | undefined)[]): readonly EmbeddedFace[] {
  return found.flatMap((each) => (each?.face === undefined ? [] : [each.face]))
}
