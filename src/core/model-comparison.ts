import { computeSearchShift, computeThresholds, decide, raiseThresholds } from './policy.ts'
import { restRanks } from './probe-shift.ts'
import { dotProduct } from './similarity.ts'
import type { Decision, DecisionPolicy, FmrCurve } from './types.ts'

/** Faces of a gallery as one model sees them. */
export interface ModelSample {
  /** persons.length x dimension, row-major, unit rows */
  readonly embeddings: Float32Array
  readonly dimension: number
  /** Who each row shows. */
  readonly persons: readonly string[]
  readonly policy: DecisionPolicy
  readonly curve: FmrCurve | undefined
}

/** What a search for one row among all others answers. */
export interface RowDecision {
  readonly decision: Decision
  /** Whom the row resembles most. */
  readonly person: string
}

/** Similarities of pairs of rows, from those that show one person and from those that do not. */
export interface PairSimilarities {
  readonly mated: readonly number[]
  readonly nonMated: readonly number[]
}

/** How often searches for enrolled faces, each left out of the gallery, end how. */
export interface ModelOutcome {
  readonly modelId: string
  /** Probes of people with another face in the sample. */
  readonly enrolled: {
    readonly probes: number
    /** Matched with their own person. */
    readonly named: number
    /** Matched with somebody else. */
    readonly misnamed: number
  }
  /** Probes of people without another face in the sample, who are strangers to the rest. */
  readonly strangers: { readonly probes: number; readonly named: number }
}

/** A point of the detection error trade-off: at one rate of false matches, what each model misses. */
export interface DetPoint {
  /** False match rate over the sample's own pairs of different people. */
  readonly fmr: number
  /** Share of pairs of one person below the similarity that has this rate. */
  readonly fnmr: number
}

/** Rates at which models are compared; those are left out for which there are too few pairs. */
const rates = [0.1, 0.03, 0.01, 0.003, 1e-3, 3e-4, 1e-4]
/** Fewer false matches tell nothing about their rate. */
const leastFalseMatches = 10

/**
 * Decides for one row as a search does in a gallery of all other rows, without the means of persons.
 *
 * @param similarities  of the row to all rows, in order; its own does not count
 */
export function decideRow(
  { persons, policy, curve }: ModelSample,
  row: number,
  similarities: ArrayLike<number>,
): RowDecision | undefined {
  let best = -1
  for (let other = 0; other < persons.length; other++) {
    if (other !== row && (best < 0 || similarities[other]! > similarities[best]!)) best = other
  }
  const person = persons[best]
  if (person === undefined) return undefined
  const rest: number[] = []
  for (const [other, owner] of persons.entries()) {
    if (other !== row && owner !== person) rest.push(similarities[other]!)
  }
  rest.sort((a, b) => b - a)
  const surroundings = {
    curve,
    rest: { similarities: rest.slice(0, restRanks(rest.length)), faces: rest.length },
  }
  const alike = computeSearchShift(policy, surroundings)
  const thresholds = computeThresholds(policy, curve, persons.length - 1)
  const own = raiseThresholds(thresholds, policy, { curve, alike, shared: 0 })
  return { decision: decide(similarities[best], own), person }
}

/** The cosines of one row to all rows. @param out  persons.length values, written */
export function compareRow(
  { embeddings, dimension, persons }: ModelSample,
  row: number,
  out: Float32Array,
): Float32Array {
  const rowOf = (i: number) => embeddings.subarray(i * dimension, (i + 1) * dimension)
  const own = rowOf(row)
  for (let other = 0; other < persons.length; other++) out[other] = dotProduct(own, rowOf(other))
  return out
}

/** Counts how searches ended. @param decisions  one a row */
export function countOutcomes(
  modelId: string,
  persons: readonly string[],
  decisions: readonly (RowDecision | undefined)[],
): ModelOutcome {
  const faces = new Map<string, number>()
  for (const person of persons) faces.set(person, (faces.get(person) ?? 0) + 1)
  const enrolled = { probes: 0, named: 0, misnamed: 0 }
  const strangers = { probes: 0, named: 0 }
  for (const [row, person] of persons.entries()) {
    const found = decisions[row]
    const isNamed = found?.decision === 'match'
    if (faces.get(person) === 1) {
      strangers.probes++
      if (isNamed) strangers.named++
      continue
    }
    enrolled.probes++
    if (isNamed) enrolled[found.person === person ? 'named' : 'misnamed']++
  }
  return { modelId, enrolled, strangers }
}

/** Share of the rows for which both models answer the same: one decision and, unless it is unknown, one person. */
export function computeAgreement(
  first: readonly (RowDecision | undefined)[],
  second: readonly (RowDecision | undefined)[],
): number {
  const same = first.filter((one, row) => {
    const other = second[row]
    if (one?.decision !== other?.decision) return false
    return one === undefined || one.decision === 'unknown' || one.person === other?.person
  })
  return first.length === 0 ? 1 : same.length / first.length
}

/** The detection error trade-off of pairs; empty where there are too few of either kind. */
export function computeDet({ mated, nonMated }: PairSimilarities): readonly DetPoint[] {
  if (mated.length === 0) return []
  const strangers = Float32Array.from(nonMated).sort()
  const own = Float32Array.from(mated).sort()
  return rates.flatMap((fmr) => {
    const falseMatches = Math.floor(fmr * strangers.length)
    if (falseMatches < leastFalseMatches) return []
    const threshold = strangers[strangers.length - falseMatches] as number
    const missed = own.findIndex((similarity) => similarity >= threshold)
    return [{ fmr, fnmr: (missed < 0 ? own.length : missed) / own.length }]
  })
}
