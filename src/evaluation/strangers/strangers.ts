import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../../core/errors.ts'
import { createStrangerClusters } from '../../core/strangers/stranger-clusters.ts'
import type { FmrCurve } from '../../core/types.ts'
import { createRandom, shuffle } from '../../platform/random.ts'
import { type EmbeddedDataset, type EvaluationInput, embedDataset } from '../embeddings.ts'
import { correctionsOf, groupByPerson, type LabelledPerson } from '../label-corrections.ts'
import {
  type Clustered,
  type ClusterRates,
  computeClusterRates,
  findWorstClusters,
  type MixedStranger,
  type SplitPerson,
} from './cluster-rates.ts'

/** Who is drawn; without a number all are. */
export interface StrangersOptions {
  /** Persons with several photographs. */
  readonly people?: number
  /** Persons of whom one photograph is taken. */
  readonly singles?: number
  /** The most photographs of a person. */
  readonly photographs?: number
  /** Random draws, default 10. */
  readonly draws?: number
  /** Seed of the draws. Default 1. */
  readonly seed?: number
}

/** Of all draws; of the worst one for a rate, the lowest. */
export interface MeanAndWorst {
  readonly mean: number
  readonly worst: number
}

export interface StrangersResult {
  readonly protocol: 'strangers'
  readonly dataset: string
  readonly modelId: string
  readonly draws: number
  readonly seed: number
  /** Photographs of a draw, mean. */
  readonly photographs: number
  readonly persons: number
  readonly imagesWithoutDetection: number
  /** Photographs that the judge refuses to compare; they found and join no stranger. */
  readonly refused: number
  readonly precision: MeanAndWorst
  readonly recall: MeanAndWorst
  /** Strangers at the end of a draw, mean. */
  readonly strangers: number
  /** Times that two strangers turned out to be one, mean. */
  readonly joins: number
  /** The faults of the draw with the lowest precision. */
  readonly worst: {
    /** From 1. */
    readonly draw: number
    readonly mixed: readonly MixedStranger[]
    readonly split: readonly SplitPerson[]
  }
}

/** Faults that a result names, of each kind. */
const namedFaults = 12

/** Sightings between two looks at the signal. */
const sightingsAtOnce = 256

/**
 * How well strangers stand for persons: labelled photographs come one after another in a random order,
 * and each is put to the stranger it resembles by the product's own rule.
 *
 * @throws {FaceError} `invalidOption` when there are fewer people than asked for; `aborted`; and as
 *   {@link embedDataset}
 */
export async function evaluateStrangers(
  input: EvaluationInput,
  { curve, ...options }: StrangersOptions & { readonly curve: FmrCurve },
): Promise<StrangersResult> {
  const embedded = await embedDataset({ ...input, images: 'all' })
  const people = groupByPerson(embedded, correctionsOf(input.dataset.name))
  return clusterDraws(
    { name: input.dataset.name, people, embedded },
    { ...input, ...options, curve },
  )
}

/** A data set with its embeddings, put together by person. */
export interface EmbeddedPeople {
  readonly name: string
  readonly people: readonly LabelledPerson[]
  readonly embedded: EmbeddedDataset
}

/** Does the same as {@link evaluateStrangers}, with photographs that are embedded already. */
export async function clusterDraws(
  set: EmbeddedPeople,
  options: StrangersOptions &
    Pick<EvaluationInput, 'modelId' | 'onProgress' | 'signal'> & { readonly curve: FmrCurve },
): Promise<StrangersResult> {
  const { draws = 10, seed = 1, modelId, signal, onProgress } = options
  const random = createRandom(seed)
  const outcomes: Outcome[] = []
  for (let draw = 0; draw < draws; draw++) {
    const rows = drawPhotographs(set, options, random)
    outcomes.push(await clusterInOrder(set.embedded, rows, { curve: options.curve, signal }))
    onProgress?.({ stage: 'compare', done: draw + 1, total: draws })
  }
  const { failures, refused } = set.embedded
  const meanOf = (read: (outcome: Outcome) => number): number =>
    outcomes.reduce((sum, outcome) => sum + read(outcome), 0) / draws
  const worstOf = (rate: 'precision' | 'recall'): Outcome =>
    outcomes.reduce((a, b) => (b.rates[rate] < a.rates[rate] ? b : a))
  const rateOf = (rate: 'precision' | 'recall'): MeanAndWorst => {
    return { mean: meanOf(({ rates }) => rates[rate]), worst: worstOf(rate).rates[rate] }
  }
  const worst = worstOf('precision')
  return {
    protocol: 'strangers',
    dataset: set.name,
    ...{ modelId, draws, seed },
    photographs: meanOf(({ photographs }) => photographs.length),
    persons: worst.rates.persons,
    imagesWithoutDetection: failures.length,
    refused: refused.filter(Boolean).length,
    precision: rateOf('precision'),
    recall: rateOf('recall'),
    strangers: meanOf(({ rates }) => rates.strangers),
    joins: meanOf(({ joins }) => joins),
    worst: {
      draw: outcomes.indexOf(worst) + 1,
      ...findWorstClusters(worst.photographs, namedFaults),
    },
  }
}

/** A photograph with an embedding: its row, and who it shows. */
interface DrawnPhotograph {
  readonly row: number
  readonly person: string
}

/** Photographs of drawn people in a random order, without those that cannot be compared. */
function drawPhotographs(
  { name, people, embedded }: EmbeddedPeople,
  options: StrangersOptions,
  random: () => number,
): readonly DrawnPhotograph[] {
  const usable = shuffle(people, random)
    .map(({ person, rows }) => {
      return { person, rows: rows.filter((row) => row >= 0 && !embedded.refused[row]) }
    })
    .filter(({ rows }) => rows.length > 0)
  const several = usable.filter(({ rows }) => rows.length > 1)
  const drawn = several.slice(0, options.people)
  const chosen = new Set(drawn)
  const singles = usable.filter((person) => !chosen.has(person)).slice(0, options.singles)
  if (drawn.length < (options.people ?? 1) || singles.length < (options.singles ?? 0)) {
    throw new FaceError('invalidOption', {
      detail: `${name} has ${several.length} persons with two photographs that can be compared, and ${usable.length} persons in all. Choose fewer with --people and --singles.`,
    })
  }
  const take = (from: readonly LabelledPerson[], most?: number): readonly DrawnPhotograph[] =>
    from.flatMap(({ person, rows }) =>
      shuffle(rows, random)
        .slice(0, most)
        .map((row) => ({ person, row })),
    )
  return shuffle([...take(drawn, options.photographs), ...take(singles, 1)], random)
}

interface Outcome {
  readonly photographs: readonly Clustered[]
  readonly rates: ClusterRates
  readonly joins: number
}

async function clusterInOrder(
  { images, embeddings, dimension }: EmbeddedDataset,
  drawn: readonly DrawnPhotograph[],
  { curve, signal }: { readonly curve: FmrCurve; readonly signal: AbortSignal | undefined },
): Promise<Outcome> {
  let last = 0
  const newId = (): string => String(++last).padStart(9, '0')
  const clusters = createStrangerClusters({ dimension, curve, newId })
  const joinedInto = new Map<string, string>()
  const firstIds: string[] = []
  for (const [i, { row }] of drawn.entries()) {
    if (i % sightingsAtOnce === 0) {
      await setImmediate()
      if (signal?.aborted) throw new FaceError('aborted')
    }
    const embedding = embeddings.subarray(row * dimension, (row + 1) * dimension)
    const { strangerId, joined } = clusters.add({ id: String(i), embedding })
    firstIds.push(strangerId)
    for (const { from, into } of joined) joinedInto.set(from, into)
  }
  const follow = (id: string): string => {
    const next = joinedInto.get(id)
    return next === undefined ? id : follow(next)
  }
  const photographs = drawn.map(({ row, person }, i) => {
    return { key: images[row]!.key, person, strangerId: follow(firstIds[i]!) }
  })
  return { photographs, rates: computeClusterRates(photographs), joins: joinedInto.size }
}
