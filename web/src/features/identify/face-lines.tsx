import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Identification } from '../../shared/api/types.ts'
import { FaceDetail } from '../../shared/faces/face-detail.tsx'
import type { FaceLight, ShownFace } from '../../shared/faces/face-overlay.tsx'
import { faceLabel } from '../../shared/faces/face-texts.ts'
import type { ProbePhoto } from '../../shared/photos/probe-photo.ts'
import { FaceWork } from './face-work.tsx'
import './face-lines.css'

interface FaceLinesProps {
  readonly photo: ProbePhoto
  readonly result: Identification
  readonly faces: readonly ShownFace[]
  readonly numbered: boolean
  readonly light: FaceLight
  readonly onNext: () => void
  /** Something was said of a face, so that the button that said it may be gone. */
  readonly onSaid: () => void
}

/** A line a face; the chosen one is open, with everything that can be done. */
export function FaceLines(props: FaceLinesProps): ReactNode {
  const { photo, result, faces, numbered, light, onNext, onSaid } = props
  const t = useTranslations('faces')
  return (
    <ul className="face-lines">
      {faces.map(({ key, face }) => {
        const isChosen = light.chosen === key
        return (
          <li
            key={key}
            className={`face-line ${face.decision}${light.lit === key ? ' lit' : ''}`}
            onPointerEnter={() => light.onLight(key)}
            onPointerLeave={() => light.onLight(undefined)}
            onFocus={() => light.onLight(key)}
            onBlur={() => light.onLight(undefined)}
          >
            <button
              type="button"
              className={`face-line-head${isChosen ? ' chosen' : ''}`}
              aria-expanded={isChosen}
              onClick={() => light.onChoose(key)}
            >
              <span className="face-mark" aria-hidden="true">
                {numbered ? key : ''}
              </span>
              <span className="face-line-words">
                <bdi className="face-name">{faceLabel(t, face)}</bdi>
                <span className="face-detail">
                  <FaceDetail face={face} advice />
                </span>
              </span>
            </button>
            {isChosen && (
              <FaceWork
                photo={photo}
                result={result}
                shown={{ key, face }}
                {...{ onNext, onSaid }}
              />
            )}
          </li>
        )
      })}
    </ul>
  )
}
