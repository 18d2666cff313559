import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { IdentifiedFace } from '../api/types.ts'
import { reasonText, undeterminedText } from '../photos/photo-texts.ts'
import { likenessText } from './face-texts.ts'
import './face-lines.css'

interface FaceDetailProps {
  readonly face: IdentifiedFace
  /** Says what helps, where the face cannot be compared. */
  readonly advice?: boolean
}

/** What the decision about a face rests on, or why there is none. */
export function FaceDetail({ face, advice = false }: FaceDetailProps): ReactNode {
  const t = useTranslations('faces')
  const photos = useTranslations('photos')
  const { decision, reasons, candidates } = face
  if (decision === 'undetermined') {
    return advice && reasons.length > 0
      ? reasons.map((reason) => reasonText(photos, reason, '')).join(' ')
      : undeterminedText(photos, reasons)
  }
  const best = candidates[0]
  if (best === undefined) return t('nobodyToCompare')
  return decision === 'unknown' ? t('nobodyAlike') : likenessText(t, best)
}
