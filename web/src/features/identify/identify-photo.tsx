import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { identify } from '../../shared/api/identify.ts'
import { type ApiProblem, asProblem, isTemporary } from '../../shared/api/problem.ts'
import type { Identification } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { DropZone } from '../../shared/photos/drop-zone.tsx'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import { turnedText } from '../../shared/photos/photo-texts.ts'
import { FaceList, summary } from './face-list.tsx'
import { FaceOverlay } from './face-overlay.tsx'
import { trackFaces } from './face-tracks.ts'

/** More than the stage is wide on a large screen, so that the photo stays sharp. */
const photoSide = 1600

/** Finds out who is in a photo. */
export function IdentifyPhoto(): ReactNode {
  const t = useTranslations('identify')
  const app = useApp()
  const [file, setFile] = useState<File>()
  const [result, setResult] = useState<Identification>()
  const [problem, setProblem] = useState<ApiProblem>()
  const request = useRef<AbortController>(undefined)
  useEffect(() => () => request.current?.abort(), [])
  const isBusy = file !== undefined && result === undefined && problem === undefined

  async function look(chosen: File): Promise<void> {
    request.current?.abort()
    const mine = new AbortController()
    request.current = mine
    setFile(chosen)
    setResult(undefined)
    setProblem(undefined)
    try {
      const { signal } = mine
      const answer = await identify(app, chosen, { readTurned: true, signal })
      if (!mine.signal.aborted) setResult(answer)
    } catch (error) {
      if (!mine.signal.aborted) setProblem(asProblem(error))
    }
  }

  const faces = result ? trackFaces([], result.faces) : []
  return (
    <div className="columns">
      <div className="stage">
        {file ? (
          <>
            <div className="stage-picture">
              <PhotoCanvas
                blob={file}
                label={t('photoNamed', { name: file.name })}
                maxSide={photoSide}
              />
              {result && (
                <FaceOverlay
                  faces={faces}
                  width={result.width}
                  height={result.height}
                  numbered={faces.length > 1}
                />
              )}
            </div>
            <div className="stage-bar">
              <DropZone
                compact
                multiple={false}
                label={t('chooseOther')}
                onFiles={([next]) => next && void look(next)}
              />
            </div>
          </>
        ) : (
          <DropZone
            multiple={false}
            label={t('choose')}
            onFiles={([next]) => next && void look(next)}
          />
        )}
      </div>
      <aside className="panel" aria-label={t('people')} aria-busy={isBusy}>
        <h2>{t('inPicture')}</h2>
        {!file && <p className="muted">{t('chooseFirst')}</p>}
        {isBusy && <p className="muted">{t('looking')}</p>}
        {problem && file && (
          <ProblemNotice
            error={problem}
            onRetry={isTemporary(problem) ? () => void look(file) : undefined}
          />
        )}
        {result?.faces.length === 0 && <p className="muted">{t('noFacePhoto')}</p>}
        <FaceList faces={faces} numbered={faces.length > 1} />
        {result && <PhotoFacts {...result} />}
        <p className="visually-hidden" aria-live="polite">
          {result ? summary(t, result.faces) : ''}
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
