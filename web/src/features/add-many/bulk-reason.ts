import { reasonText } from '../../shared/photos/photo-texts.ts'
import { hasText } from '../../shared/text/has-text.ts'
import type { Texts } from '../../shared/text/texts.ts'
import type { RejectedPhoto } from './bulk-job-data.ts'

type BulkTexts = Texts<'addMany'>

/** Why a photograph was not enrolled, in plain sentences; the server's own where this page knows none. */
export function bulkReasonText(
  t: { readonly addMany: BulkTexts; readonly photos: Texts<'photos'> },
  { reasons, message }: RejectedPhoto,
): string {
  if (reasons.length === 0) return message
  const texts = reasons.map((reason) => {
    const key = `reasons.${reason}`
    return hasText(t.addMany, key)
      ? t.addMany(key as 'reasons.noName')
      : reasonText(t.photos, reason, message)
  })
  return [...new Set(texts)].join(' ')
}
