import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { IdentifiedFace } from '../../shared/api/types.ts'
import { faceLabel, likenessText } from '../../shared/faces/face-texts.ts'
import { undeterminedText } from '../../shared/photos/photo-texts.ts'
import type { TrackedFace } from './face-tracks.ts'
import './face-list.css'

/** The answer as text: a line a face, with what the decision rests on. */
export function FaceList({ faces }: { readonly faces: readonly TrackedFace[] }): ReactNode {
  const t = useTranslations('faces')
  return (
    <ul className="face-list">
      {faces.map(({ key, face }) => (
        <li key={key} className={`face-item ${face.decision}`}>
          <span className="face-mark" aria-hidden="true" />
          <div>
            <p className="face-name">
              <bdi>{faceLabel(t, face)}</bdi>
            </p>
            <p className="face-detail">
              <FaceDetail face={face} />
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}

function FaceDetail({ face }: { readonly face: IdentifiedFace }): ReactNode {
  const t = useTranslations('faces')
  const photos = useTranslations('photos')
  if (face.decision === 'undetermined') return undeterminedText(photos, face.reasons)
  const best = face.candidates[0]
  if (best === undefined) return t('nobodyToCompare')
  if (face.decision === 'unknown') return t('nobodyAlike')
  return likenessText(t, best)
}
