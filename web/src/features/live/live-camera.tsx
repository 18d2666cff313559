import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../../shared/app-context.ts'
import { CameraStage } from '../../shared/camera/camera-stage.tsx'
import { captureFrame } from '../../shared/camera/frame-capture.ts'
import { useCamera } from '../../shared/camera/use-camera.ts'
import { FaceOverlay } from '../../shared/faces/face-overlay.tsx'
import { summary } from '../../shared/faces/face-texts.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { useSlowText } from '../../shared/feedback/use-slow-text.ts'
import { Icon } from '../../shared/icons.tsx'
import { createProbePhotos } from '../../shared/photos/probe-photo.ts'
import { FaceList } from './face-list.tsx'
import { useLiveIdentify } from './use-live-identify.ts'

/** A picture that is looked at closely: full size and little compression. */
const snapshot = { maxSide: 1920, quality: 0.92 } as const

/** Names over the live picture of the camera. */
export function LiveCamera(): ReactNode {
  const t = useTranslations('live')
  const facesText = useTranslations('faces')
  const { cameraWanted, setPhotos } = useApp()
  const navigate = useNavigate()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  const on = camera.state.phase === 'on'
  const { result, faces, problem, speed } = useLiveIdentify(video, on)
  const said = result
    ? summary(
        facesText,
        faces.map(({ face }) => face),
      )
    : ''
  const spoken = useSlowText(said)

  async function lookClosely(): Promise<void> {
    const canvas = document.createElement('canvas')
    const frame = video.current && (await captureFrame(video.current, canvas, snapshot))
    if (!frame) return
    const file = { name: t('snapshotName', { time: new Date() }), blob: frame.blob }
    setPhotos((all) => [...createProbePhotos([file]), ...all])
    await navigate({ to: '/identify' })
  }

  return (
    <div className="columns">
      <CameraStage
        camera={camera}
        video={video}
        hint={t('hint')}
        fullscreen
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
          <>
            {speed && <span className="stage-note">{t('speed', { ...speed })}</span>}
            <button type="button" onClick={() => void lookClosely()}>
              <Icon name="search" /> {t('lookClosely')}
            </button>
          </>
        }
      />
      <aside className="panel" aria-label={t('people')}>
        <h2>{t('inPicture')}</h2>
        <ProblemNotice error={problem} />
        {!on && <p className="muted">{t('startCamera')}</p>}
        {on && !problem && result === undefined && <p className="muted">{t('looking')}</p>}
        {on && result?.faces.length === 0 && <p className="muted">{facesText('none')}</p>}
        {on && <FaceList faces={faces} />}
        <p className="visually-hidden" aria-live="polite">
          {on ? spoken : ''}
        </p>
      </aside>
    </div>
  )
}
