import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type ApiProblem, asProblem } from '../../shared/api-client.ts'
import type { Identification } from '../../shared/api-types.ts'
import { useApp } from '../../shared/app-context.ts'
import { DropZone } from '../../shared/drop-zone.tsx'
import { count, isTemporary, problemText, turnedText } from '../../shared/messages.ts'
import { Notice } from '../../shared/notice.tsx'
import { PhotoCanvas } from '../../shared/photo-canvas.tsx'
import { FaceList, summary } from './face-list.tsx'
import { FaceOverlay } from './face-overlay.tsx'
import { trackFaces } from './face-tracks.ts'

/** More than the stage is wide on a large screen, so that the photo stays sharp. */
const photoSide = 1600

/** Finds out who is in a photo. */
export function RecognisePhoto(): ReactNode {
  const { api, collection, refresh } = useApp()
  const [file, setFile] = useState<File>()
  const [result, setResult] = useState<Identification>()
  const [problem, setProblem] = useState<ApiProblem>()
  const request = useRef<AbortController>(undefined)
  useEffect(() => () => request.current?.abort(), [])

  async function recognise(chosen: File): Promise<void> {
    request.current?.abort()
    const mine = new AbortController()
    request.current = mine
    setFile(chosen)
    setResult(undefined)
    setProblem(undefined)
    try {
      const { signal } = mine
      const answer = await api.identify(collection, chosen, { readTurned: true, signal })
      if (!mine.signal.aborted) setResult(answer)
    } catch (error) {
      if (mine.signal.aborted) return
      setProblem(asProblem(error))
      refresh()
    }
  }

  const faces = result ? trackFaces([], result.faces) : []
  return (
    <div className="columns">
      <div className="stage">
        {file ? (
          <>
            <div className="stage-picture">
              <PhotoCanvas blob={file} label={`Photo ${file.name}`} maxSide={photoSide} />
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
                label="Choose another photo"
                onFiles={([next]) => next && void recognise(next)}
              />
            </div>
          </>
        ) : (
          <DropZone
            multiple={false}
            label="Choose a photo"
            onFiles={([next]) => next && void recognise(next)}
          />
        )}
      </div>
      <aside className="panel" aria-label="People in the picture" aria-busy={isBusy()}>
        <h2>In the picture</h2>
        {!file && <p className="muted">Choose a photo to see who is in it.</p>}
        {isBusy() && <p className="muted">Looking …</p>}
        {problem && file && (
          <Notice
            kind={isTemporary(problem) ? 'warning' : 'bad'}
            actions={
              isTemporary(problem) && (
                <button type="button" onClick={() => void recognise(file)}>
                  Try again
                </button>
              )
            }
          >
            {problemText(problem)}
          </Notice>
        )}
        {result?.faces.length === 0 && (
          <p className="muted">No face was found. Try a larger or sharper photo.</p>
        )}
        <FaceList faces={faces} numbered={faces.length > 1} />
        {result && <PhotoFacts {...result} />}
        <p className="visually-hidden" aria-live="polite">
          {result ? summary(result.faces) : ''}
        </p>
      </aside>
    </div>
  )

  function isBusy(): boolean {
    return file !== undefined && result === undefined && problem === undefined
  }
}

/** Says how the photo was read, where a person should know it. */
function PhotoFacts({ turned, omittedFaces }: Identification): ReactNode {
  const howRead = turnedText(turned)
  return (
    <>
      {howRead && <p className="muted">{howRead}</p>}
      {omittedFaces > 0 && (
        <p className="muted">{count(omittedFaces, 'smaller face')} not looked at.</p>
      )}
    </>
  )
}
