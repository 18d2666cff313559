import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { FaceDetail } from '../../shared/faces/face-detail.tsx'
import { faceLabel } from '../../shared/faces/face-texts.ts'
import type { TrackedFace } from './face-tracks.ts'
import './face-list.css'

/** The answer as text: a line a face, with what the decision rests on. */
export function FaceList({ faces }: { readonly faces: readonly TrackedFace[] }): ReactNode {
  const t = useTranslations('faces')
  return (
    <ul className="face-lines">
      {faces.map(({ key, face }) => (
        <li key={key} className={`face-line plain ${face.decision}`}>
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
