import type { Job, JobItem } from '../../shared/api/types.ts'
import type { ChartPoint } from '../../shared/charts/line-chart.tsx'

/** What a finished job of the kind `photographEvaluation` tells; see docs/guides/jobs.md. */
export interface MeasuredResult {
  readonly modelId: string
  readonly photographs: number
  readonly used: number
  readonly persons: number
  readonly matedPairs: number
  readonly nonMatedPairs: number
  readonly equalErrorRate?: number
  readonly points: readonly {
    readonly similarity: number
    readonly fmr: number
    readonly falseMatches: number
    readonly tmr: number
  }[]
  /** Pairs by similarity, from -1 to 1 in bins of one width. */
  readonly histogram: { readonly mated: readonly number[]; readonly nonMated: readonly number[] }
}

/** Two photographs that the model takes for what they are not. */
export interface ConfusedPhotographs {
  readonly type: 'lookAlike' | 'unlike'
  readonly files: readonly [string, string]
  readonly persons: readonly [string, string]
  readonly similarity: number
  /** JPEG in base64. */
  readonly thumbnails: readonly [string | null, string | null]
}

/** The result of an evaluation that is done. */
export function readMeasured({ state, result }: Job): MeasuredResult | undefined {
  if (state !== 'done' || result?.histogram === undefined) return undefined
  return result as unknown as MeasuredResult
}

/** The confused pairs among the items of the job, and how many photographs could not be used. */
export function readConfused(items: readonly JobItem[]): {
  readonly pairs: readonly ConfusedPhotographs[]
  readonly unusable: number
} {
  const pairs = items.flatMap(({ body }) =>
    body.type === 'lookAlike' || body.type === 'unlike'
      ? [body as unknown as ConfusedPhotographs]
      : [],
  )
  return { pairs, unusable: items.filter(({ body }) => body.type === 'unusable').length }
}

/** Misses at each rate of false matches; rates that were never seen have no place on a logarithmic axis. */
export function toDet({ points }: Pick<MeasuredResult, 'points'>): readonly ChartPoint[] {
  const missed = new Map<number, number>()
  for (const { fmr, tmr } of points) {
    // Of several thresholds with one rate, the most lenient misses least.
    if (fmr > 0 && fmr < 1) missed.set(fmr, Math.min(missed.get(fmr) ?? 1, 1 - tmr))
  }
  return [...missed].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x)
}

/** The shares of pairs by similarity, without empty bins at either end. */
export function toShares({ histogram }: Pick<MeasuredResult, 'histogram'>): {
  readonly mated: readonly ChartPoint[]
  readonly nonMated: readonly ChartPoint[]
} {
  const { mated, nonMated } = histogram
  const used = mated.map((count, bin) => count + (nonMated[bin] ?? 0) > 0)
  const [first, last] = [used.indexOf(true), used.lastIndexOf(true)]
  const shares = (counts: readonly number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0)
    return counts
      .map((count, bin) => ({
        // The middle of the bin, by whole hundredths.
        x: (Math.round((-1 + (2 * bin + 1) / counts.length) * 100) || 0) / 100,
        y: total === 0 ? 0 : count / total,
      }))
      .slice(first, last + 1)
  }
  return { mated: shares(mated), nonMated: shares(nonMated) }
}
