import { setImmediate } from 'node:timers/promises'
import { FaceError } from '../core/errors.ts'
import { computeThresholds, defaultPolicy } from '../core/policy.ts'
import type { DecisionPolicy, FmrCurve } from '../core/types.ts'
import { createRandom, shuffle } from '../platform/random.ts'
import { type EmbeddedDataset, type EvaluationInput, embedDataset } from './embeddings.ts'
import { correctionsOf, correctLabels } from './label-corrections.ts'

export interface IdentifyOptions {
  /** Persons enrolled with one image each, and the most strangers. Default 1,000. */
  readonly gallerySize?: number
  /** Random draws of gallery, probes and strangers; the result is their mean. Default 10. */
  readonly draws?: number
  /** Seed of the draws. Default 1. */
  readonly seed?: number
  /** Default {@link defaultPolicy}. */
  readonly policy?: DecisionPolicy
  /** The model's curve; without one the policy's own rates are left out. */
  readonly curve?: FmrCurve
}

export interface IdentifyRates {
  readonly fpir: number
  readonly fnir: number
}

export interface IdentificationResult {
  readonly protocol: 'identify'
  readonly dataset: string
  readonly modelId: string
  readonly gallerySize: number
  readonly matedProbes: number
  readonly strangers: number
  readonly draws: number
  readonly seed: number
  readonly imagesWithoutDetection: number
  /** Share of mated probes whose nearest face is their own person's, at any similarity. */
  readonly rank1: number
  readonly rank1Std: number
  /** The threshold is the one that gives the FPIR on the strangers of each draw. */
  readonly fnirAtFpir: readonly {
    readonly fpir: number
    readonly fnir: number
    readonly fnirStd: number
    readonly threshold: number
  }[]
  /** Rates of the collection's policy, with the threshold of the model's curve. */
  readonly policy?: {
    readonly policy: DecisionPolicy
    readonly matchThreshold: number
    readonly possibleThreshold: number
    readonly extrapolated: boolean
    readonly match: IdentifyRates
    /** Rates when `possible` is taken as an answer, too. */
    readonly possible: IdentifyRates
  }
  /** FNIR over FPIR, mean of the draws, for a plot. */
  readonly curve: readonly IdentifyRates[]
}

/** Nearest enrolled face of each probe. */
interface Draw {
  /** Similarities of the strangers' nearest faces, descending. */
  readonly strangers: Float64Array
  /** Similarity of the nearest face where it is the right person's, -Infinity otherwise; ascending. */
  readonly mated: Float64Array
  readonly rank1: number
}

const reportedFpir = [0.001, 0.003, 0.01, 0.03, 0.1]

/**
 * Open-set identification: N persons enrolled with one image, another image of each and one image
 * of each of as many strangers as probes.
 *
 * FNIR counts a mated probe whose person is not the nearest face or lies below the threshold.
 * Images without an embedding are failures of the search: never enrolled, never found.
 *
 * @throws {FaceError} `invalidOption` when the data set has too few persons with two images, or no strangers; and as {@link embedDataset}
 * @source ISO/IEC 19795-1:2021, FPIR and FNIR with rank 1; NIST FRVT 1:N
 */
export async function evaluateIdentify(
  input: EvaluationInput,
  options: IdentifyOptions = {},
): Promise<IdentificationResult> {
  const { gallerySize = 1000, draws = 10, seed = 1, policy = defaultPolicy, curve } = options
  const { name } = input.dataset
  const embedded = correctLabels(await embedDataset(input), correctionsOf(name))
  const people = groupByPerson(embedded)
  assertEnoughPeople(people, gallerySize)
  const random = createRandom(seed)
  const results: Draw[] = []
  for (let draw = 0; draw < draws; draw++) {
    if (input.signal?.aborted) throw new FaceError('aborted')
    results.push(runDraw(embedded, people, gallerySize, random))
    input.onProgress?.({ stage: 'compare', done: draw + 1, total: draws })
    await setImmediate()
  }
  const rank1 = meanAndStd(results.map((draw) => draw.rank1))
  const first = results[0] as Draw
  return {
    protocol: 'identify',
    dataset: input.dataset.name,
    modelId: input.modelId,
    gallerySize,
    matedProbes: first.mated.length,
    strangers: first.strangers.length,
    draws,
    seed,
    imagesWithoutDetection: embedded.failures.length,
    rank1: rank1.mean,
    rank1Std: rank1.std,
    fnirAtFpir: reportedFpir
      .filter((fpir) => fpir * first.strangers.length >= 1)
      .map((fpir) => fnirAt(results, fpir)),
    ...(curve === undefined ? {} : { policy: policyRates(results, policy, curve, gallerySize) }),
    curve: Array.from({ length: 40 }, (_, step) => {
      const fpir = 10 ** (-3 + (3 * step) / 39)
      return { fpir, fnir: fnirAt(results, fpir).fnir }
    }),
  }
}

interface People {
  /** Rows of embeddings, and -1 for each image that failed. */
  readonly rows: readonly number[]
}

function groupByPerson(embedded: EmbeddedDataset): readonly People[] {
  const people = new Map<string, number[]>()
  const add = (person: string, row: number): void => {
    const rows = people.get(person)
    if (rows === undefined) people.set(person, [row])
    else rows.push(row)
  }
  for (const [row, image] of embedded.images.entries()) add(image.person, row)
  for (const { key } of embedded.failures) add(key.slice(0, key.lastIndexOf('/')), -1)
  return [...people.values()].map((rows) => ({ rows }))
}

function assertEnoughPeople(people: readonly People[], gallerySize: number): void {
  const several = people.filter(({ rows }) => rows.length > 1).length
  if (several >= gallerySize && people.length > gallerySize) return
  throw new FaceError('invalidOption', {
    detail: `A gallery of ${gallerySize} needs as many persons with two images and at least one stranger; the data set has ${several} persons with two images of ${people.length}. Choose fewer with --persons.`,
  })
}

function runDraw(
  embedded: EmbeddedDataset,
  people: readonly People[],
  gallerySize: number,
  random: () => number,
): Draw {
  const several = shuffle(
    people.filter(({ rows }) => rows.length > 1),
    random,
  )
  const enrolled = several.slice(0, gallerySize)
  const chosen = new Set(enrolled)
  const others = shuffle(
    people.filter((person) => !chosen.has(person)),
    random,
  )
  const gallery: number[] = []
  const probes: number[] = []
  for (const { rows } of enrolled) {
    const [first, second] = shuffle(rows, random) as [number, number]
    gallery.push(first)
    probes.push(second)
  }
  const strangers = others
    .slice(0, gallerySize)
    .map(({ rows }) => rows[Math.floor(random() * rows.length)] as number)
  const mated = probes.map((row, index) => {
    const nearest = findNearest(embedded, gallery, row)
    return nearest.index === index ? nearest.similarity : Number.NEGATIVE_INFINITY
  })
  const found = mated.filter((similarity) => similarity > Number.NEGATIVE_INFINITY).length
  return {
    strangers: Float64Array.from(
      strangers.map((row) => findNearest(embedded, gallery, row).similarity),
    )
      .sort()
      .reverse(),
    mated: Float64Array.from(mated).sort(),
    rank1: found / mated.length,
  }
}

function findNearest(
  { embeddings, dimension }: EmbeddedDataset,
  gallery: readonly number[],
  probe: number,
): { readonly index: number; readonly similarity: number } {
  let index = -1
  let similarity = Number.NEGATIVE_INFINITY
  if (probe < 0) return { index, similarity }
  const probeAt = probe * dimension
  for (const [candidate, row] of gallery.entries()) {
    if (row < 0) continue
    const rowAt = row * dimension
    let product = 0
    for (let i = 0; i < dimension; i++) product += embeddings[probeAt + i]! * embeddings[rowAt + i]!
    if (product > similarity) {
      index = candidate
      similarity = product
    }
  }
  return { index, similarity }
}

function fnirAt(
  draws: readonly Draw[],
  fpir: number,
): { fpir: number; fnir: number; fnirStd: number; threshold: number } {
  const thresholds = draws.map(({ strangers }) => {
    // As many strangers as the rate allows lie at or above the threshold; it is just above the next.
    const allowed = Math.floor(fpir * strangers.length + 1e-9)
    return (strangers[allowed] ?? -1) + 1e-9
  })
  const fnir = meanAndStd(draws.map((draw, index) => fnirOf(draw, thresholds[index] as number)))
  return { fpir, fnir: fnir.mean, fnirStd: fnir.std, threshold: meanAndStd(thresholds).mean }
}

function policyRates(
  draws: readonly Draw[],
  policy: DecisionPolicy,
  curve: FmrCurve,
  gallerySize: number,
): NonNullable<IdentificationResult['policy']> {
  const thresholds = computeThresholds(policy, curve, gallerySize)
  const ratesAt = (threshold: number): IdentifyRates => ({
    fpir: meanAndStd(draws.map((draw) => fpirOf(draw, threshold))).mean,
    fnir: meanAndStd(draws.map((draw) => fnirOf(draw, threshold))).mean,
  })
  return {
    policy,
    matchThreshold: thresholds.match,
    possibleThreshold: thresholds.possible,
    extrapolated: thresholds.extrapolated,
    match: ratesAt(thresholds.match),
    possible: ratesAt(thresholds.possible),
  }
}

function fnirOf({ mated }: Draw, threshold: number): number {
  return mated.filter((similarity) => similarity < threshold).length / mated.length
}

function fpirOf({ strangers }: Draw, threshold: number): number {
  return strangers.filter((similarity) => similarity >= threshold).length / strangers.length
}

function meanAndStd(values: readonly number[]): { readonly mean: number; readonly std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 }
}
