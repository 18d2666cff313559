import { type ReactNode, type RefObject, useEffect } from 'react'
import { Icon } from '../icons.tsx'
import { cameraText } from '../messages.ts'
import { Notice } from '../notice.tsx'
import type { Camera } from './use-camera.ts'

interface CameraStageProps {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
  readonly onStart: () => void
  readonly onStop: () => void
  /** Lies over the video. */
  readonly overlay?: ReactNode
  /** More buttons, before Stop. */
  readonly actions?: ReactNode
  readonly hint: string
}

/** The camera's picture, or why there is none, with the buttons to start and stop it. */
export function CameraStage(props: CameraStageProps): ReactNode {
  const { camera, video, onStart, onStop, overlay, actions, hint } = props
  const { state, start } = camera
  const stream = state.phase === 'on' ? state.stream : undefined
  useEffect(() => {
    if (video.current) video.current.srcObject = stream ?? null
  }, [stream, video])

  if (state.phase === 'failed') {
    const { title, text } = cameraText(state.problem)
    return (
      <div className="stage stage-empty">
        <Notice
          kind="bad"
          title={title}
          actions={
            <button type="button" onClick={onStart}>
              Try again
            </button>
          }
        >
          {text}
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
          onClick={onStart}
          disabled={state.phase === 'starting'}
        >
          {state.phase === 'starting' ? 'Starting the camera …' : 'Start camera'}
        </button>
      </div>
    )
  }
  return (
    <div className="stage">
      <div className="stage-picture">
        <video
          ref={video}
          className={state.mirrored ? 'mirrored' : ''}
          aria-label="Live picture of the camera"
          autoPlay
          muted
          playsInline
        />
        {overlay}
      </div>
      <div className="stage-bar">
        {state.devices.length > 1 && (
          <label className="inline-field">
            <span>Camera</span>
            <select value={state.deviceId} onChange={(event) => start(event.target.value)}>
              {state.devices.map((device) => (
                <option key={device.id} value={device.id}>
                  {device.label}
                </option>
              ))}
            </select>
          </label>
        )}
        {actions}
        <button type="button" onClick={onStop}>
          <Icon name="stop" /> Stop
        </button>
      </div>
    </div>
  )
}
