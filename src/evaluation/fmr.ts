import { minSupportingFalseMatches } from '../core/fmr.ts'
import {
  fitParetoTail,
  type Interval,
  minTailExceedances,
  wilsonInterval,
} from '../core/fmr-statistics.ts'
import type { FmrCurve } from '../core/types.ts'
import { comparePairs } from './compare-pairs.ts'
import type { LabelledImage } from './dataset.ts'
import {
  type EmbeddedDataset,
  type EvaluationInput,
  embedDataset,
  type FailedImage,
} from './embeddings.ts'
import { correctionsOf, correctLabels } from './label-corrections.ts'
import { binCount, binEdge, binsPerUnit, type PairStatistics } from './pair-statistics.ts'

export interface ErrorRatePoint {
  readonly similarity: number
  readonly fmr: number
  readonly falseMatches: number
  readonly fmrInterval: Interval
  readonly tmr: number
  readonly tmrInterval: Interval
}

export interface FmrResult {
  readonly protocol: 'fmr'
  readonly dataset: string
  readonly selection: 'protocol' | 'all'
  readonly modelId: string
  readonly dimension: number
  readonly images: number
  readonly imagesWithoutDetection: number
  readonly failures: readonly FailedImage[]
  readonly persons: number
  /** Mated pairs, those included of which an image failed. */
  readonly matedPairs: number
  readonly failedMatedPairs: number
  readonly nonMatedPairs: number
  /** TMR at FMR 1e-2 to 1e-6, as far as 30 false matches support. */
  readonly tmrAtFmr: readonly (ErrorRatePoint & { readonly targetFmr: number })[]
  /** Equal error rate; absent where there are no mated or no non-mated pairs. */
  readonly equalErrorRate?: number
  readonly points: readonly ErrorRatePoint[]
  /** Curve for a model's manifest entry; absent when there are too few pairs for a tail. */
  readonly curve?: FmrCurve
}

export interface FmrOptions {
  /** Recorded in the curve: the committed file that will hold this result. */
  readonly resultFile?: string
}

const pointCount = 40
const targetRates = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6]
/** Share of the non-mated pairs that the tail is fitted to. */
const tailShare = 1e-4
const maxTailCount = 20_000

/**
 * False and true match rates over all pairs of a labelled data set.
 *
 * A mated pair of which an image has no embedding counts as a non-match at every threshold.
 *
 * @throws {FaceError} as {@link embedDataset}
 */
export async function evaluateFmr(
  input: EvaluationInput,
  options: FmrOptions = {},
): Promise<FmrResult> {
  const { name, pairs } = input.dataset
  const selection = input.images === 'all' || pairs === undefined ? 'all' : 'protocol'
  const { result } = await rateEmbedded(
    correctLabels(await embedDataset(input), correctionsOf(name)),
    { ...input, ...options, name, selection },
  )
  return result
}

export interface RateOptions
  extends FmrOptions,
    Pick<EvaluationInput, 'modelId' | 'onProgress' | 'signal'> {
  /** Of the data set. */
  readonly name: string
  readonly selection: 'protocol' | 'all'
}

/** Rates of embeddings that were made, as {@link evaluateFmr}, and what they were read from. */
export async function rateEmbedded(
  embedded: Pick<EmbeddedDataset, 'images' | 'embeddings' | 'dimension' | 'failures'>,
  { name, selection, ...input }: RateOptions,
): Promise<{
  readonly result: FmrResult
  readonly statistics: PairStatistics
  /** A number for the person of each image, in shared memory. */
  readonly persons: Int32Array
}> {
  const persons = personNumbers(embedded.images)
  const totalPairs = (persons.length * (persons.length - 1)) / 2
  const statistics = await comparePairs(
    {
      embeddings: embedded.embeddings,
      dimension: embedded.dimension,
      persons,
      topCount: Math.min(maxTailCount, Math.max(1000, Math.round(totalPairs * tailShare))),
    },
    {
      onProgress: (done, total) => input.onProgress?.({ stage: 'compare', done, total }),
      ...(input.signal === undefined ? {} : { signal: input.signal }),
    },
  )
  const failedMatedPairs = countFailedMatedPairs(
    embedded.images,
    embedded.failures.map((failure) => failure.key),
  )
  const rates = createRates(statistics, failedMatedPairs)
  const points = logSpacedPoints(rates)
  const curve = createCurve(statistics, rates, {
    points,
    source: `${name}, ${selection === 'all' ? 'all images' : 'images of the pairs protocol'}: ${embedded.images.length} images of ${new Set(persons).size} persons, every pair compared${correctionsOf(name) === undefined ? '' : ', known wrong labels corrected'}`,
    resultFile: input.resultFile ?? '',
  })
  const result: FmrResult = {
    protocol: 'fmr',
    dataset: name,
    selection,
    modelId: input.modelId,
    dimension: embedded.dimension,
    images: embedded.images.length + embedded.failures.length,
    imagesWithoutDetection: embedded.failures.length,
    failures: embedded.failures,
    persons: new Set(persons).size,
    matedPairs: rates.matedPairs,
    failedMatedPairs,
    nonMatedPairs: rates.nonMatedPairs,
    tmrAtFmr: targetRates.flatMap((targetFmr) => {
      const bin = rates.firstBinAtMost(targetFmr)
      return targetFmr * rates.nonMatedPairs < minSupportingFalseMatches
        ? []
        : [{ targetFmr, ...rates.at(bin) }]
    }),
    ...(rates.matedPairs > 0 && rates.nonMatedPairs > 0
      ? { equalErrorRate: equalErrorRate(rates) }
      : {}),
    points,
    ...(curve === undefined ? {} : { curve }),
  }
  return { result, statistics, persons }
}

interface Rates {
  readonly matedPairs: number
  readonly nonMatedPairs: number
  at(bin: number): ErrorRatePoint
  /** The lowest threshold whose FMR is at most `fmr`. */
  firstBinAtMost(fmr: number): number
  /** The highest threshold that at least `count` non-mated pairs pass, or -1. */
  lastBinWith(count: number): number
}

/** Cumulative counts from the top: pairs that pass the threshold at each bin's lower edge. */
export function createRates(statistics: PairStatistics, failedMatedPairs: number): Rates {
  const falseMatches = countsFromAbove(statistics.nonMated)
  const matedBins = new Float64Array(binCount)
  for (const similarity of statistics.mated) {
    const bin = Math.floor((similarity + 1) * binsPerUnit)
    matedBins[bin] = matedBins[bin]! + 1
  }
  const trueMatches = countsFromAbove(matedBins)
  const matedPairs = statistics.mated.length + failedMatedPairs
  const nonMatedPairs = falseMatches[0]!
  return {
    matedPairs,
    nonMatedPairs,
    at: (bin) => ({
      similarity: binEdge(bin),
      fmr: falseMatches[bin]! / Math.max(1, nonMatedPairs),
      falseMatches: falseMatches[bin]!,
      fmrInterval: wilsonInterval(falseMatches[bin]!, nonMatedPairs),
      tmr: trueMatches[bin]! / Math.max(1, matedPairs),
      tmrInterval: wilsonInterval(trueMatches[bin]!, matedPairs),
    }),
    firstBinAtMost(fmr) {
      const bin = falseMatches.findIndex((count) => count <= fmr * nonMatedPairs)
      return bin < 0 ? binCount - 1 : bin
    },
    lastBinWith: (count) => falseMatches.findLastIndex((passing) => passing >= count),
  }
}

function countsFromAbove(bins: Float64Array): Float64Array {
  const counts = bins.slice()
  for (let bin = counts.length - 2; bin >= 0; bin--) counts[bin] = counts[bin]! + counts[bin + 1]!
  return counts
}

/** Points at equal steps of log FMR from 0.5 down to 30 false matches. */
function logSpacedPoints(rates: Rates): ErrorRatePoint[] {
  const lowest = minSupportingFalseMatches / rates.nonMatedPairs
  const points: ErrorRatePoint[] = []
  if (!(lowest < 0.5)) return points
  for (let step = 0; step < pointCount; step++) {
    const target = 0.5 * (lowest / 0.5) ** (step / (pointCount - 1))
    const count = Math.max(minSupportingFalseMatches, Math.round(target * rates.nonMatedPairs))
    const point = rates.at(rates.lastBinWith(count))
    const previous = points.at(-1)
    if (previous === undefined || point.fmr < previous.fmr) points.push(point)
  }
  return points
}

function createCurve(
  statistics: PairStatistics,
  rates: Rates,
  parts: { points: readonly ErrorRatePoint[]; source: string; resultFile: string },
): FmrCurve | undefined {
  const sorted = Float64Array.from(statistics.top).sort()
  const wanted = Math.round(rates.nonMatedPairs * tailShare)
  const count = Math.min(sorted.length - 1, Math.max(minTailExceedances, wanted))
  if (count < minTailExceedances || parts.points.length === 0) return undefined
  const threshold = sorted[sorted.length - 1 - count]!
  const exceedances = sorted.subarray(sorted.length - count).map((value) => value - threshold)
  return {
    source: parts.source,
    resultFile: parts.resultFile,
    matedPairs: rates.matedPairs,
    nonMatedPairs: rates.nonMatedPairs,
    points: parts.points.map(({ similarity, fmr, falseMatches, tmr }) => ({
      similarity,
      fmr,
      falseMatches,
      tmr,
    })),
    tail: {
      threshold,
      rate: count / rates.nonMatedPairs,
      ...fitParetoTail(exceedances),
      exceedances: count,
    },
  }
}

/** Where FMR and FNMR cross, as their mean at the nearest threshold. */
function equalErrorRate(rates: Rates): number {
  let low = 0
  let high = binCount - 1
  while (low < high) {
    const middle = (low + high) >> 1
    const { fmr, tmr } = rates.at(middle)
    if (fmr > 1 - tmr) low = middle + 1
    else high = middle
  }
  const { fmr, tmr } = rates.at(low)
  return (fmr + 1 - tmr) / 2
}

function personNumbers(images: readonly LabelledImage[]): Int32Array {
  const numbers = new Map<string, number>()
  const persons = new Int32Array(new SharedArrayBuffer(4 * images.length))
  for (const [row, { person }] of images.entries()) {
    if (!numbers.has(person)) numbers.set(person, numbers.size)
    persons[row] = numbers.get(person)!
  }
  return persons
}

function countFailedMatedPairs(
  images: readonly LabelledImage[],
  failedKeys: readonly string[],
): number {
  const embedded = countBy(images.map((image) => image.person))
  const failed = countBy(failedKeys.map((key) => key.slice(0, key.lastIndexOf('/'))))
  let pairs = 0
  for (const [person, count] of failed) {
    pairs += count * (embedded.get(person) ?? 0) + (count * (count - 1)) / 2
  }
  return pairs
}

function countBy(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
