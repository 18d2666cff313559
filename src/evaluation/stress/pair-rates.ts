import { type Interval, wilsonInterval } from '../../core/fmr-statistics.ts'
import type { StressDecider } from './decider.ts'
import { computeSimilarities, type Rows, rowOf } from './similarities.ts'

/** A share with the counts that support it. */
export interface CountedRate {
  readonly count: number
  readonly of: number
  /** `count` divided by `of`; 0 where both are 0. */
  readonly rate: number
  /** Interval of 95 %, as if trials were independent; pairs that share a face are not. */
  readonly interval: Interval
}

export function toRate(count: number, of: number): CountedRate {
  return { count, of, rate: of === 0 ? 0 : count / of, interval: wilsonInterval(count, of) }
}

/** False matches at the plain threshold and by the product's decision. */
export interface PairRates {
  /** Every pair at the model's threshold, nothing refused and nothing raised. */
  readonly plain: CountedRate
  /** Pairs of faces of which neither is refused a comparison, at the raised threshold. */
  readonly decided: CountedRate
  /** The same as `decided`, for pairs that could also be enrolled. */
  readonly enrollable: CountedRate
}

/** Faces of one kind of damage, and what is refused. */
export interface JudgedRows extends Rows {
  /** [count] whether a face takes part in comparisons. */
  readonly comparable: readonly boolean[]
  /** [count] whether it can be enrolled as well. */
  readonly enrollable: readonly boolean[]
}

/** Every pair of two people whose faces are damaged alike. */
export function countWithin(rows: JudgedRows, base: number, decider: StressDecider): PairRates {
  const similarities = computeSimilarities(rows, rows)
  const tally = createTally(decider, base)
  for (let i = 0; i < rows.count; i++) {
    for (let j = i + 1; j < rows.count; j++) {
      const similarity = similarities[i * rows.count + j]!
      tally.add(similarity, {
        first: rowOf(rows, i),
        second: rowOf(rows, j),
        isComparable: rows.comparable[i]! && rows.comparable[j]!,
        isEnrollable: rows.enrollable[i]! && rows.enrollable[j]!,
      })
    }
  }
  return tally.finish()
}

/** Every damaged face with every clean face of somebody else; refused clean faces are left out. */
export function countAgainst(
  { damaged, clean, similarities }: Crossing,
  base: number,
  decider: StressDecider,
): PairRates {
  const tally = createTally(decider, base)
  for (let i = 0; i < damaged.count; i++) {
    for (let j = 0; j < clean.count; j++) {
      if (!clean.comparable[j]) continue
      tally.add(similarities[i * clean.count + j]!, {
        first: rowOf(damaged, i),
        second: rowOf(clean, j),
        isComparable: damaged.comparable[i]!,
        isEnrollable: damaged.enrollable[i]!,
      })
    }
  }
  return tally.finish()
}

export interface Crossing {
  readonly damaged: JudgedRows
  readonly clean: JudgedRows
  /** damaged.count x clean.count, row-major. */
  readonly similarities: Float32Array
}

interface Pair {
  readonly first: Float32Array
  readonly second: Float32Array
  readonly isComparable: boolean
  readonly isEnrollable: boolean
}

function createTally(decider: StressDecider, base: number) {
  const counts = { plain: 0, all: 0, decided: 0, comparable: 0, enrolled: 0, enrollable: 0 }
  return {
    add(similarity: number, { first, second, isComparable, isEnrollable }: Pair): void {
      counts.all++
      if (isComparable) counts.comparable++
      if (isComparable && isEnrollable) counts.enrollable++
      if (similarity < base) return
      counts.plain++
      if (!isComparable || similarity < decider.pairThreshold(base, first, second)) return
      counts.decided++
      if (isEnrollable) counts.enrolled++
    },
    finish: (): PairRates => ({
      plain: toRate(counts.plain, counts.all),
      decided: toRate(counts.decided, counts.comparable),
      enrollable: toRate(counts.enrolled, counts.enrollable),
    }),
  }
}
