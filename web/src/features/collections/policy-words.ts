import type { DecisionPolicy } from '../../shared/api/types.ts'
import type { Texts } from '../../shared/text/texts.ts'

/** How a collection decides, in words. */
export function policyWords(t: Texts<'collections'>, policy: DecisionPolicy): string {
  return policy.threshold === undefined
    ? t('byRate', { count: perThousand(policy.maxFpir) })
    : t('byHand', { threshold: String(policy.threshold) })
}

/** A rate as a number in 1,000, with two digits that count: strangers are easier to picture than rates. */
export function perThousand(rate: number): string {
  return String(Number((rate * 1000).toPrecision(2)))
}
