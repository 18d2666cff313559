import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { IdentifiedFace } from '../../shared/api/types.ts'
import { likenessText } from '../../shared/faces/face-texts.ts'
import { FacePhoto } from '../../shared/photos/face-photo.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'

type Candidate = IdentifiedFace['candidates'][number]

/** Twice the shown size, for dense screens. */
const cutSide = 300

interface CandidateListProps {
  readonly face: IdentifiedFace
  /** The face itself, once it is cut out of the photo. */
  readonly cut: Blob | undefined
  /** Adds the face to somebody who is not the likeliest one. */
  readonly onAdd: (candidate: Candidate) => void
}

/** The face beside the person whom it resembles most, and the others below. */
export function CandidateList({ face, cut, onAdd }: CandidateListProps): ReactNode {
  const t = useTranslations('identify')
  // What cannot be compared resembles nobody in particular.
  const candidates = face.decision === 'undetermined' ? [] : face.candidates
  const isNamed = face.decision === 'match' || face.decision === 'possible'
  const [best] = candidates
  const others = isNamed ? candidates.slice(1) : candidates
  return (
    <>
      <div className="face-pair">
        {cut && (
          <figure>
            <span className="face-cut">
              <PhotoCanvas blob={cut} label={t('thisFace')} maxSide={cutSide} first />
            </span>
            <figcaption>{t('thisFace')}</figcaption>
          </figure>
        )}
        {best && (
          <figure>
            <CandidatePhoto candidate={best} />
            <figcaption>
              {isNamed ? <PersonLink candidate={best} /> : t('nearest', { name: best.personName })}
            </figcaption>
          </figure>
        )}
      </div>
      {others.length > 0 && (
        <ul className="candidates" aria-label={t('others')}>
          {others.map((candidate) => (
            <CandidateRow key={candidate.personId} candidate={candidate} onAdd={onAdd} />
          ))}
        </ul>
      )}
    </>
  )
}

interface CandidateRowProps {
  readonly candidate: Candidate
  readonly onAdd: (candidate: Candidate) => void
}

function CandidateRow({ candidate, onAdd }: CandidateRowProps): ReactNode {
  const t = useTranslations('identify')
  const faces = useTranslations('faces')
  const { personName: name } = candidate
  return (
    <li className="candidate">
      <CandidatePhoto candidate={candidate} />
      <div className="candidate-words">
        <p className="face-name">
          <PersonLink candidate={candidate} />
        </p>
        <p className="face-detail">{likenessText(faces, candidate)}</p>
        <button type="button" className="small quiet" onClick={() => onAdd(candidate)}>
          {t('addTo', { name })}
        </button>
      </div>
    </li>
  )
}

function PersonLink({ candidate }: { readonly candidate: Candidate }): ReactNode {
  return (
    <Link to="/people/$person" params={{ person: candidate.personId }}>
      <bdi>{candidate.personName}</bdi>
    </Link>
  )
}

function CandidatePhoto({ candidate }: { readonly candidate: Candidate }): ReactNode {
  const { personId: id, personName: name, faceId } = candidate
  return <FacePhoto person={{ id, name }} faceId={faceId} />
}
