import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { IdentifiedFace } from '../../shared/api/types.ts'
import { undeterminedText } from '../../shared/photos/photo-texts.ts'
import { rateText } from '../../shared/rates.ts'
import type { Texts } from '../../shared/text/texts.ts'
import { faceLabel } from './face-overlay.tsx'
import type { TrackedFace } from './face-tracks.ts'
import './face-list.css'

interface FaceListProps {
  readonly faces: readonly TrackedFace[]
  readonly numbered?: boolean
}

/** The answer as text: a line a face, with what the decision rests on. */
export function FaceList({ faces, numbered = false }: FaceListProps): ReactNode {
  const t = useTranslations('identify')
  return (
    <ul className="face-list">
      {faces.map(({ key, face }, index) => (
        <li key={key} className={`face-item ${face.decision}`}>
          <span className="face-mark" aria-hidden="true">
            {numbered ? index + 1 : ''}
          </span>
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
  const t = useTranslations('identify')
  const shared = useTranslations('shared')
  const photos = useTranslations('photos')
  if (face.decision === 'undetermined') return undeterminedText(photos, face.reasons)
  const best = face.candidates[0]
  if (best === undefined) return t('nobodyToCompare')
  const { similarity, fmr, fmrExtrapolated } = best
  if (face.decision === 'unknown') return t('closest', { similarity })
  if (fmr === undefined) return t('similarity', { similarity })
  return t('similarityWithRate', { similarity, rate: rateText(shared, fmr, fmrExtrapolated) })
}

/** One sentence that says who is in the picture, for screen readers. */
export function summary(t: Texts<'identify'>, faces: readonly IdentifiedFace[]): string {
  if (faces.length === 0) return t('noFaceLive')
  const having = (decision: IdentifiedFace['decision']) =>
    faces.filter((face) => face.decision === decision).length
  const named = faces.filter(({ decision }) => decision === 'match' || decision === 'possible')
  const unknown = having('unknown')
  const open = having('undetermined')
  const words = [
    ...named.map((face) => faceLabel(t, face)),
    ...(unknown === 0 ? [] : [t('unknownPeople', { count: unknown })]),
    ...(open === 0 ? [] : [t('incomparable', { count: open })]),
  ]
  return t('summary', { people: words.join(', ') })
}
