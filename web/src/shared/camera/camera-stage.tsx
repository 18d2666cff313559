import { type ReactNode, type RefObject, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../app-context.ts'
import { Notice } from '../feedback/notice.tsx'
import { Icon } from '../icons.tsx'
import { FullscreenButton } from './fullscreen-button.tsx'
import type { Camera } from './use-camera.ts'
import './stage.css'

interface CameraStageProps {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
  /** Told when the user has stopped the camera. */
  readonly onStop?: (() => void) | undefined
  /** Lies over the video. */
  readonly overlay?: ReactNode
  /** More buttons, before Stop. */
  readonly actions?: ReactNode
  readonly hint: string
  /** Offers to fill the screen with the picture. */
  readonly fullscreen?: boolean
}

/** The camera's picture, or why there is none, with the buttons to start and stop it. */
export function CameraStage(props: CameraStageProps): ReactNode {
  const { camera, video, onStop, overlay, actions, hint, fullscreen } = props
  const t = useTranslations('camera')
  const shared = useTranslations('shared')
  const { setCameraWanted } = useApp()
  const { state, start } = camera
  const stage = useRef<HTMLDivElement>(null)
  const stream = state.phase === 'on' ? state.stream : undefined
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream, video])

  function begin(): void {
    setCameraWanted(true)
    start()
  }
  function end(): void {
    setCameraWanted(false)
    camera.stop()
    onStop?.()
  }

  if (state.phase === 'failed') {
    return (
      <div className="stage stage-empty">
        <Notice
          kind="bad"
          title={t(`problems.${state.problem}.title`)}
          actions={
            <button type="button" onClick={begin}>
              {shared('tryAgain')}
            </button>
          }
        >
          {t(`problems.${state.problem}.text`)}
        </Notice>
      </div>
    )
  }
  if (state.phase !== 'on') {
    return (
      <div className="stage stage-empty">
        <Icon name="camera" />
        <p>{hint}</p>
        <button
          type="button"
          className="primary"
          onClick={begin}
          disabled={state.phase === 'starting'}
        >
          {state.phase === 'starting' ? t('starting') : t('start')}
        </button>
      </div>
    )
  }
  return (
    <div ref={stage} className="stage">
      <div className="stage-picture">
        <video
          ref={video}
          className={state.mirrored ? 'mirrored' : ''}
          aria-label={t('picture')}
          autoPlay
          muted
          playsInline
          onLoadedMetadata={({ currentTarget: { videoWidth, videoHeight, style } }) =>
            style.setProperty('--ratio', `${videoWidth / videoHeight}`)
          }
        />
        {overlay}
      </div>
      <div className="stage-bar">
        {state.devices.length > 1 && (
          <label className="inline-field">
            <span>{t('camera')}</span>
            <select value={state.deviceId} onChange={(event) => start(event.target.value)}>
              {state.devices.map((device) => (
                <option key={device.id} value={device.id}>
                  {device.label || t('numbered', { number: device.number })}
                </option>
              ))}
            </select>
          </label>
        )}
        {actions}
        {fullscreen && <FullscreenButton of={stage} />}
        <button type="button" onClick={end}>
          <Icon name="stop" /> {t('stop')}
        </button>
      </div>
    </div>
  )
}
