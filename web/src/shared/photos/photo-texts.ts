import type { EnrollHint, EnrollWarning, UndeterminedReason } from '../api/types.ts'
import { hasText } from '../text/has-text.ts'
import type { Texts } from '../text/texts.ts'

type PhotoTexts = Texts<'photos'>
type RejectionKey = Extract<Parameters<PhotoTexts['has']>[0], `rejections.${string}`>

/** One plain sentence or two for a rejection reason; `fallback` for reasons this page does not know. */
export function reasonText(t: PhotoTexts, reason: string, fallback: string): string {
  if (hasText(t, `faults.${reason}`)) {
    const fault = reason as UndeterminedReason
    return `${t(`faults.${fault}`)} ${t(`advice.${fault}`)}`
  }
  const rejection = `rejections.${reason}`
  return hasText(t, rejection) ? t(rejection as RejectionKey) : fallback
}

/** Warning about a photo that was registered all the same, in one sentence. */
export function warningText(t: PhotoTexts, warning: EnrollWarning): string {
  switch (warning.reason) {
    case 'duplicateOfOtherPerson':
      return t('looksLike', { name: warning.personName, similarity: warning.similarity })
    case 'weakPhotograph':
      return t('weak')
    default:
      return toOwnWords(warning)
  }
}

/** Hint that says how a person would be found more easily, in one sentence. */
export function hintText(t: PhotoTexts, { reason, message }: EnrollHint): string {
  return reason === 'onePhotograph' ? t('second') : message
}

/** The server's own words, for something of a newer server that this page does not know. */
function toOwnWords(item: never): string {
  return (item as { readonly message?: string }).message ?? ''
}

/** How a photo was read that is not upright; `undefined` when there is nothing to say. */
export function turnedText(t: PhotoTexts, turned: number): string | undefined {
  if (turned === 0) return undefined
  return t(turned === 180 ? 'onItsHead' : 'onItsSide')
}

/** Why a face cannot be compared, in plain sentences without advice. */
export function undeterminedText(t: PhotoTexts, reasons: readonly UndeterminedReason[]): string {
  // A newer server may have reasons that this page does not know.
  const known = reasons.filter((reason) => hasText(t, `faults.${reason}`))
  if (known.length === 0) return t('cannotCompare')
  return known.map((reason) => t(`faults.${reason}`)).join(' ')
}
