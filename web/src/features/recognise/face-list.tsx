import type { ReactNode } from 'react'
import type { IdentifiedFace } from '../../shared/api-types.ts'
import { count, rateText, undeterminedText } from '../../shared/messages.ts'
import { faceLabel } from './face-overlay.tsx'
import type { TrackedFace } from './face-tracks.ts'

interface FaceListProps {
  readonly faces: readonly TrackedFace[]
  readonly numbered?: boolean
}

/** The answer as text: a line a face, with what the decision rests on. */
export function FaceList({ faces, numbered = false }: FaceListProps): ReactNode {
  return (
    <ul className="face-list">
      {faces.map(({ key, face }, index) => (
        <li key={key} className={`face-item ${face.decision}`}>
          <span className="face-mark" aria-hidden="true">
            {numbered ? index + 1 : ''}
          </span>
          <div>
            <p className="face-name">
              <bdi>{faceLabel(face)}</bdi>
            </p>
            <p className="face-detail">{detail(face)}</p>
          </div>
        </li>
      ))}
    </ul>
  )
}

/** One sentence that says who is in the picture, for screen readers. */
export function summary(faces: readonly IdentifiedFace[]): string {
  if (faces.length === 0) return 'No face in the picture.'
  const having = (decision: IdentifiedFace['decision']) =>
    faces.filter((face) => face.decision === decision).length
  const named = faces.filter(({ decision }) => decision === 'match' || decision === 'possible')
  const strangers = having('unknown')
  const open = having('undetermined')
  const words = [
    ...named.map(faceLabel),
    ...(strangers === 0
      ? []
      : [strangers === 1 ? '1 unknown person' : `${strangers} unknown people`]),
    ...(open === 0 ? [] : [`${count(open, 'face')} that cannot be compared`]),
  ]
  return `In the picture: ${words.join(', ')}.`
}

function detail(face: IdentifiedFace): string {
  if (face.decision === 'undetermined') return undeterminedText(face.reasons)
  const best = face.candidates[0]
  if (best === undefined) return 'Nobody to compare with'
  if (face.decision === 'unknown') return `Closest similarity ${best.similarity.toFixed(2)}`
  const similarity = `Similarity ${best.similarity.toFixed(2)}`
  if (best.fmr === undefined) return similarity
  return `${similarity} · among strangers ${rateText(best.fmr, best.fmrExtrapolated)} pairs`
}
