import type { DecisionPolicy } from '../../shared/api/types.ts'
import { perThousand } from '../../shared/rates.ts'
import type { Texts } from '../../shared/text/texts.ts'

/** How a collection decides, in words. */
export function policyWords(t: Texts<'collections'>, policy: DecisionPolicy): string {
  return policy.threshold === undefined
    ? t('byRate', { count: perThousand(policy.maxFpir) })
    : t('byHand', { threshold: String(policy.threshold) })
}
