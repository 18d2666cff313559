import { type ReactNode, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../../shared/app-context.ts'
import { CameraStage } from '../../shared/camera/camera-stage.tsx'
import { useCamera } from '../../shared/camera/use-camera.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { useSlowText } from '../../shared/feedback/use-slow-text.ts'
import { FaceList, summary } from './face-list.tsx'
import { FaceOverlay } from './face-overlay.tsx'
import { useLiveIdentify } from './use-live-identify.ts'

/** Names over the live picture of the camera. */
export function IdentifyCamera(): ReactNode {
  const t = useTranslations('identify')
  const { cameraWanted, setCameraWanted } = useApp()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  const on = camera.state.phase === 'on'
  const { result, faces, problem, roundTripMs } = useLiveIdentify(video, on)
  const said = result
    ? summary(
        t,
        faces.map(({ face }) => face),
      )
    : ''
  const spoken = useSlowText(said)
  return (
    <div className="columns">
      <CameraStage
        camera={camera}
        video={video}
        hint={t('cameraHint')}
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
            <span className="stage-note">{t('perFrame', { ms: Math.round(roundTripMs) })}</span>
          )
        }
      />
      <aside className="panel" aria-label={t('people')}>
        <h2>{t('inPicture')}</h2>
        <ProblemNotice error={problem} />
        {!on && <p className="muted">{t('startCamera')}</p>}
        {on && !problem && result === undefined && <p className="muted">{t('looking')}</p>}
        {on && result?.faces.length === 0 && <p className="muted">{t('noFaceLive')}</p>}
        {on && <FaceList faces={faces} />}
        <p className="visually-hidden" aria-live="polite">
          {on ? spoken : ''}
        </p>
      </aside>
    </div>
  )
}
