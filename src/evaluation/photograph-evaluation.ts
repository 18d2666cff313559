import { FaceError } from '../core/errors.ts'
import type { OnProgress } from '../core/progress.ts'
import { dotProduct } from '../core/similarity.ts'
import type { RejectionReason } from '../core/types.ts'
import { mapInOrder } from '../platform/concurrency/map-in-order.ts'
import { findNearPairs } from '../search/pairs/near-pairs.ts'
import type { Analyzer, DetectorOptions } from '../vision/analyzer/analyzer-types.ts'
import { makeThumbnail } from '../vision/thumbnail.ts'
import { analyzeLabelled } from './embeddings.ts'
import { chooseLabelledFace } from './face-choice.ts'
import { type ErrorRatePoint, type FmrResult, rateEmbedded } from './fmr.ts'
import { binCount, binEdge, type PairStatistics } from './pair-statistics.ts'

/** A photograph, and who it shows. */
export interface LabelledPhotograph {
  /** What it is called in the result. */
  readonly file: string
  readonly person: string
  /** @returns undefined when this one cannot be read */
  read(): Promise<Uint8Array | undefined>
}

/** Photographs that can be gone through again, always in the same order. */
export interface LabelledPhotographs {
  readonly total: number
  each(): AsyncIterable<LabelledPhotograph>
}

/** Two photographs that the model takes for what they are not. */
export interface ConfusedPair {
  readonly files: readonly [string, string]
  readonly persons: readonly [string, string]
  readonly similarity: number
  /** JPEG files of their faces, small; absent where one could not be made. */
  readonly thumbnails: readonly [Uint8Array | undefined, Uint8Array | undefined]
}

/** How well a model tells the people of photographs apart. */
export interface PhotographEvaluation
  extends Pick<
    FmrResult,
    'modelId' | 'persons' | 'matedPairs' | 'nonMatedPairs' | 'tmrAtFmr' | 'equalErrorRate'
  > {
  readonly photographs: number
  /** Photographs whose face was embedded. */
  readonly used: number
  /** Of these the ones whose face the model's judge would not compare. */
  readonly refused: number
  /** Rates by threshold, the most lenient first. */
  readonly points: readonly ErrorRatePoint[]
  /** Pairs by similarity, from -1 to 1 in bins of one width. */
  readonly histogram: {
    readonly mated: readonly number[]
    readonly nonMated: readonly number[]
  }
  readonly failures: readonly { readonly file: string; readonly reason: RejectionReason }[]
  /** The most similar photographs of different people, the most similar first. */
  readonly lookAlikes: readonly ConfusedPair[]
  /** The two least similar photographs of a person, the least similar first. */
  readonly unlike: readonly ConfusedPair[]
}

export interface PhotographEvaluationOptions {
  readonly analyzer: Analyzer
  /** Id of an installed embedder. */
  readonly modelId: string
  readonly detector?: DetectorOptions
  /** Photographs in work at once. */
  readonly concurrency: number
  /** Stages: `photographs`, `comparisons`. */
  readonly onProgress?: OnProgress
  readonly signal?: AbortSignal
}

/** Most photographs of an evaluation: their embeddings are held in memory, 2 KiB each at 512 values. */
export const maxEvaluated = 50_000
/** Pairs that are listed of each kind. */
const listedPairs = 25
/** Bins of the histogram, of width 0.02. */
const histogramBins = 100
/** Near pairs that are looked at for the nearest ones. */
const maxNearPairs = 100_000

interface Embedded {
  readonly file: string
  readonly person: string
  /** Its place among all photographs. */
  readonly index: number
}

interface Pair {
  readonly rows: readonly [number, number]
  readonly similarity: number
}

/**
 * Compares every photograph with every other one: how often different people are as similar as a
 * threshold, and how often one person is not.
 *
 * @throws {FaceError} `limitReached` beyond {@link maxEvaluated}; as `Analyzer.analyze` for problems that
 *   are not a photograph's
 */
export async function evaluatePhotographs(
  photographs: LabelledPhotographs,
  options: PhotographEvaluationOptions,
): Promise<PhotographEvaluation> {
  const { modelId, onProgress, signal } = options
  if (photographs.total > maxEvaluated) {
    throw new FaceError('limitReached', {
      detail: `There are ${photographs.total} photographs; an evaluation compares at most ${maxEvaluated}.`,
      info: { limit: maxEvaluated },
    })
  }
  const { images, failures, count, refused, ...vectors } = await embedAll(photographs, options)
  const {
    result,
    statistics,
    persons: personOf,
  } = await rateEmbedded(
    {
      images: images.map(({ person, file }, row) => ({ key: `${person}/${row}`, person, file })),
      failures: failures.map(({ person, reason }) => ({ key: `${person}/`, reason })),
      ...vectors,
    },
    {
      ...{ modelId, name: 'photographs', selection: 'all' },
      onProgress: (progress) => onProgress?.({ ...progress, stage: 'comparisons' }),
      ...(signal === undefined ? {} : { signal }),
    },
  )
  const set = { ...vectors, persons: personOf }
  const nearest = await findLookAlikes(set, statistics, signal)
  const farthest = findUnlike(set)
  const shown = [...nearest, ...farthest].flatMap(({ rows }) => rows)
  const wanted = new Set(shown.map((row) => (images[row] as Embedded).index))
  const thumbnails = await makeThumbnails(photographs, wanted, options)
  const toConfused = ({ rows, similarity }: Pair): ConfusedPair => {
    const [a, b] = rows.map((row) => images[row]) as [Embedded, Embedded]
    return {
      ...{ files: [a.file, b.file], persons: [a.person, b.person], similarity },
      thumbnails: [thumbnails.get(a.index), thumbnails.get(b.index)],
    }
  }
  const { persons, matedPairs, nonMatedPairs, tmrAtFmr, equalErrorRate, points } = result
  return {
    ...{ modelId, photographs: count, used: images.length, refused, persons },
    ...{ matedPairs, nonMatedPairs, tmrAtFmr, points, histogram: toHistogram(statistics) },
    ...(equalErrorRate === undefined ? {} : { equalErrorRate }),
    failures: failures.map(({ file, reason }) => ({ file, reason })),
    lookAlikes: nearest.map(toConfused),
    unlike: farthest.map(toConfused),
  }
}

async function embedAll(photographs: LabelledPhotographs, options: PhotographEvaluationOptions) {
  const { concurrency, onProgress, signal } = options
  const { total } = photographs
  const images: Embedded[] = []
  const vectors: Float32Array[] = []
  const failures: { file: string; person: string; reason: RejectionReason }[] = []
  let refused = 0
  let count = 0
  const analyze = async ({ file, person, read }: LabelledPhotograph) => {
    signal?.throwIfAborted()
    const bytes = await read()
    const analysis =
      bytes === undefined
        ? ({ failure: 'corruptImage' } as const)
        : await analyzeLabelled(bytes, options)
    return { file, person, analysis }
  }
  onProgress?.({ stage: 'photographs', done: 0, total })
  const analyzed = mapInOrder(photographs.each(), { concurrency }, analyze)
  for await (const { file, person, analysis } of analyzed) {
    const index = count++
    onProgress?.({ stage: 'photographs', done: count, total })
    if ('failure' in analysis) {
      failures.push({ file, person, reason: analysis.failure })
      continue
    }
    images.push({ file, person, index })
    vectors.push(analysis.embedding)
    if (analysis.refused) refused++
  }
  const dimension = vectors[0]?.length ?? 0
  const embeddings = new Float32Array(new SharedArrayBuffer(4 * vectors.length * dimension))
  for (const [row, vector] of vectors.entries()) embeddings.set(vector, row * dimension)
  return { images, failures, count, refused, embeddings, dimension }
}

interface EmbeddedSet {
  readonly embeddings: Float32Array
  readonly dimension: number
  readonly persons: Int32Array
}

/** The most similar pairs of different people. */
async function findLookAlikes(
  { embeddings, dimension, persons }: EmbeddedSet,
  { top }: PairStatistics,
  signal: AbortSignal | undefined,
): Promise<readonly Pair[]> {
  if (top.length === 0) return []
  const highest = Float32Array.from(top).sort()
  const least = highest[Math.max(0, highest.length - listedPairs)] as number
  async function* once() {
    yield { vectors: Float32Array.from(embeddings), owners: Int32Array.from(persons) }
  }
  const options = { dimension, least, maxCandidates: maxNearPairs }
  // Absent when there are too many: hardly anything tells these people apart.
  const found =
    (await findNearPairs(once(), { ...options, ...(signal === undefined ? {} : { signal }) })) ?? []
  const pairs: Pair[] = []
  for (let i = 0; i < found.length; i += 2) {
    pairs.push(toPair({ embeddings, dimension }, [found[i] as number, found[i + 1] as number]))
  }
  return pairs.sort((a, b) => b.similarity - a.similarity).slice(0, listedPairs)
}

/** The two least similar photographs of those people of whom they are least similar. */
function findUnlike({ persons, ...vectors }: EmbeddedSet): readonly Pair[] {
  const rowsOf = new Map<number, number[]>()
  for (const [row, person] of persons.entries()) {
    const rows = rowsOf.get(person)
    if (rows === undefined) rowsOf.set(person, [row])
    else rows.push(row)
  }
  const least = [...rowsOf.values()].flatMap((rows) => {
    let pair: Pair | undefined
    for (const [i, a] of rows.entries()) {
      for (const b of rows.slice(i + 1)) {
        const one = toPair(vectors, [a, b])
        if (pair === undefined || one.similarity < pair.similarity) pair = one
      }
    }
    return pair ?? []
  })
  return least.sort((a, b) => a.similarity - b.similarity).slice(0, listedPairs)
}

function toPair(
  { embeddings, dimension }: Pick<EmbeddedSet, 'embeddings' | 'dimension'>,
  rows: readonly [number, number],
): Pair {
  const [a, b] = rows.map((row) => embeddings.subarray(row * dimension, (row + 1) * dimension)) as [
    Float32Array,
    Float32Array,
  ]
  return { rows, similarity: dotProduct(a, b) }
}

function toHistogram({ nonMated, mated }: PairStatistics): PhotographEvaluation['histogram'] {
  const counts = {
    mated: new Array<number>(histogramBins).fill(0),
    nonMated: new Array<number>(histogramBins).fill(0),
  }
  const add = (to: number[], similarity: number, count: number): void => {
    const bin = Math.min(histogramBins - 1, Math.floor(((similarity + 1) / 2) * histogramBins))
    to[bin] = (to[bin] as number) + count
  }
  for (const similarity of mated) add(counts.mated, similarity, 1)
  for (let bin = 0; bin < binCount; bin++) {
    add(counts.nonMated, binEdge(bin), nonMated[bin] as number)
  }
  return counts
}

/** Looks at some photographs once more. @returns JPEG files by place among all */
async function makeThumbnails(
  photographs: LabelledPhotographs,
  wanted: ReadonlySet<number>,
  { analyzer, detector, signal }: PhotographEvaluationOptions,
): Promise<ReadonlyMap<number, Uint8Array>> {
  const made = new Map<number, Uint8Array>()
  let index = -1
  for await (const { read } of photographs.each()) {
    signal?.throwIfAborted()
    if (!wanted.has(++index)) continue
    const bytes = await read()
    if (bytes === undefined) continue
    const analysis = await analyzer.analyze(bytes, {
      crops: true,
      ...(detector === undefined ? {} : { detector }),
      ...(signal === undefined ? {} : { signal }),
    })
    const crop = chooseLabelledFace(analysis)?.crop
    if (crop !== undefined) made.set(index, await makeThumbnail(crop.bytes))
    if (made.size === wanted.size) break
  }
  return made
}
