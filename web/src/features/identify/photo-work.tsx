import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { identificationOptions } from '../../shared/api/identify.ts'
import { asProblem, isTemporary } from '../../shared/api/problem.ts'
import type { Turns } from '../../shared/api/turns.ts'
import type { Identification } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import '../../shared/camera/stage.css'
import { type FaceLight, FaceOverlay, type ShownFace } from '../../shared/faces/face-overlay.tsx'
import { summary } from '../../shared/faces/face-texts.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import { turnedText } from '../../shared/photos/photo-texts.ts'
import type { ProbePhoto } from '../../shared/photos/probe-photo.ts'
import { FaceLines } from './face-lines.tsx'

/** More than the stage is wide on a large screen, so that the photo stays sharp. */
const photoSide = 1600

interface PhotoWorkProps {
  readonly photo: ProbePhoto
  readonly turns: Turns
  readonly stopped: boolean
  /** The user came here from face to face: the first one has the focus. */
  readonly focusFirst: boolean
  readonly onNext: (() => void) | undefined
  readonly onRemove: () => void
}

/** The photo that is looked at, with its faces as boxes and as lines. */
export function PhotoWork(props: PhotoWorkProps): ReactNode {
  const { photo, turns, stopped, focusFirst, onNext, onRemove } = props
  const t = useTranslations('identify')
  const facesText = useTranslations('faces')
  const { data, error, isFetching, refetch } = useQuery({
    ...identificationOptions(useApp(), photo, turns),
    enabled: !stopped,
  })
  const [lit, setLit] = useState<number>()
  const [chosen, setChosen] = useState(1)
  const [focus, setFocus] = useState(focusFirst ? 1 : 0)
  const faces: readonly ShownFace[] =
    data?.faces.map((face, index) => ({ key: index + 1, face })) ?? []
  const light: FaceLight = { lit, onLight: setLit, chosen, onChoose: setChosen }
  const isNumbered = faces.length > 1

  // The line of the chosen face is in the document once the answer is.
  const isThere = data !== undefined
  useEffect(() => {
    if (focus > 0 && isThere) document.querySelector<HTMLElement>('.face-line-head.chosen')?.focus()
  }, [focus, isThere])
  function next(): void {
    if (chosen === faces.length && onNext) {
      onNext()
    } else {
      setChosen(chosen < faces.length ? chosen + 1 : 1)
      setFocus(focus + 1)
    }
  }

  return (
    <div
      id="photo-work"
      className="columns identify-columns"
      role="tabpanel"
      aria-label={photo.name}
    >
      <div className="stage">
        <div className="stage-picture">
          <PhotoCanvas
            blob={photo.blob}
            label={t('photoNamed', { name: photo.name })}
            maxSide={photoSide}
            first
          />
          {data && (
            <FaceOverlay
              faces={faces}
              width={data.width}
              height={data.height}
              numbered={isNumbered}
              light={light}
            />
          )}
        </div>
        <div className="stage-bar">
          <span className="stage-note">{photo.name}</span>
          <button type="button" onClick={onRemove}>
            {t('remove')}
          </button>
        </div>
      </div>
      <aside className="panel" aria-label={t('people')} aria-busy={isFetching}>
        <h2>{t('inPicture')}</h2>
        {!data && !error && <p className="muted">{t(stopped ? 'stopped' : 'looking')}</p>}
        <ProblemNotice
          error={error}
          onRetry={error && isTemporary(asProblem(error)) ? () => void refetch() : undefined}
        />
        {data?.faces.length === 0 && <p className="muted">{t('noFacePhoto')}</p>}
        {data && (
          <FaceLines
            photo={photo}
            result={data}
            faces={faces}
            numbered={isNumbered}
            light={light}
            onNext={next}
            onSaid={() => setFocus(focus + 1)}
          />
        )}
        {data && <PhotoFacts {...data} />}
        <p className="visually-hidden" aria-live="polite">
          {data ? summary(facesText, data.faces) : ''}
        </p>
      </aside>
    </div>
  )
}

/** Says how the photo was read, where a person should know it. */
function PhotoFacts({ turned, omittedFaces }: Identification): ReactNode {
  const t = useTranslations('identify')
  const photos = useTranslations('photos')
  const howRead = turnedText(photos, turned)
  return (
    <>
      {howRead && <p className="muted">{howRead}</p>}
      {omittedFaces > 0 && <p className="muted">{t('omitted', { count: omittedFaces })}</p>}
    </>
  )
}
