import { type ReactNode, useRef, useState } from 'react'
import { useApp } from '../../shared/app-context.ts'
import { CameraStage } from '../../shared/camera/camera-stage.tsx'
import { useCamera } from '../../shared/camera/use-camera.ts'
import { isTemporary, problemText } from '../../shared/messages.ts'
import { Notice } from '../../shared/notice.tsx'
import { Segmented } from '../../shared/segmented.tsx'
import { useAnnouncer } from '../../shared/use-announcer.ts'
import { FaceList, summary } from './face-list.tsx'
import { FaceOverlay } from './face-overlay.tsx'
import { RecognisePhoto } from './recognise-photo.tsx'
import { useLiveIdentify } from './use-live-identify.ts'

const sources = [
  { value: 'camera', label: 'Camera', icon: 'camera' },
  { value: 'photo', label: 'Photo', icon: 'image' },
] as const

/** Finds out who is in front of the camera or in a photo. */
export function RecogniseView(): ReactNode {
  const { details } = useApp()
  const [source, setSource] = useState<'camera' | 'photo'>('camera')
  return (
    <section aria-labelledby="recognise-title">
      <div className="view-head">
        <div>
          <h1 id="recognise-title" tabIndex={-1}>
            Recognise
          </h1>
          <p className="lead">Who is in front of the camera, or in a photo?</p>
        </div>
        <Segmented label="Picture from" value={source} options={sources} onChange={setSource} />
      </div>
      {details?.faces === 0 && (
        <Notice
          kind="info"
          title="Nobody is registered yet"
          actions={
            <a className="button" href="#register">
              Register someone
            </a>
          }
        >
          Until then everybody is unknown.
        </Notice>
      )}
      {source === 'camera' ? <RecogniseCamera /> : <RecognisePhoto />}
    </section>
  )
}

function RecogniseCamera(): ReactNode {
  const { cameraWanted, setCameraWanted } = useApp()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  const on = camera.state.phase === 'on'
  const { result, faces, problem, roundTripMs } = useLiveIdentify(video, on)
  const spoken = useAnnouncer(result ? summary(faces.map(({ face }) => face)) : '')
  return (
    <div className="columns">
      <CameraStage
        camera={camera}
        video={video}
        hint="Names appear over the live picture. Frames are not stored."
        onStart={() => {
          setCameraWanted(true)
          camera.start()
        }}
        onStop={() => {
          setCameraWanted(false)
          camera.stop()
        }}
        overlay={
          result && (
            <FaceOverlay
              faces={faces}
              width={result.width}
              height={result.height}
              mirrored={camera.state.phase === 'on' && camera.state.mirrored}
            />
          )
        }
        actions={
          roundTripMs !== undefined && (
            <span className="stage-note">{Math.round(roundTripMs)} ms a frame</span>
          )
        }
      />
      <aside className="panel" aria-label="People in the picture">
        <h2>In the picture</h2>
        {problem && (
          <Notice kind={isTemporary(problem) ? 'warning' : 'bad'}>{problemText(problem)}</Notice>
        )}
        {!on && <p className="muted">Start the camera to see who is there.</p>}
        {on && !problem && result === undefined && <p className="muted">Looking …</p>}
        {on && result?.faces.length === 0 && <p className="muted">No face in the picture.</p>}
        {on && <FaceList faces={faces} />}
        <p className="visually-hidden" aria-live="polite">
          {on ? spoken : ''}
        </p>
      </aside>
    </div>
  )
}
