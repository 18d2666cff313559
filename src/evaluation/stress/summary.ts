import { maxMatchFmr } from '../../core/policy.ts'
import { damageName } from '../damage/damage.ts'
import type { DamageResult, StressSummary } from './stress-types.ts'

/** Fewer pairs than this say nothing about a rate of a thousandth. */
export const leastPairs = 300
/** Two people damaged alike may match so often in the worst kinds. */
const worstFmr = 3e-3
/** Strangers may be named so often where damaged people were enrolled. */
const worstNamed = 0.02

/** Where the promised rates hold and where they do not. */
export function summarise(results: readonly DamageResult[]): StressSummary {
  const measurable = results.filter(({ againstSame }) => againstSame.decided.of >= leastPairs)
  const fmr = (result: DamageResult): number => result.againstSame.decided.rate
  const sorted = measurable.map(fmr).sort((a, b) => a - b)
  const middle = sorted.length / 2
  return {
    measurableKinds: measurable.length,
    medianFmr:
      sorted.length === 0 ? 0 : (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2,
    worstKinds: measurable
      .filter((result) => fmr(result) > worstFmr)
      .sort((a, b) => fmr(b) - fmr(a))
      .map(damageName),
    aboveStatedRate: results
      .filter(({ againstClean: { decided } }) => decided.rate > maxMatchFmr)
      .map(damageName),
    namedKinds: results
      .filter(({ galleries }) => galleries.some(({ named }) => named.rate > worstNamed))
      .map(damageName),
  }
}
