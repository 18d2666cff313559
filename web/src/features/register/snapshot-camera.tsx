import { type ReactNode, useRef } from 'react'
import { useApp } from '../../shared/app-context.ts'
import { CameraStage } from '../../shared/camera/camera-stage.tsx'
import { captureFrame } from '../../shared/camera/frame-capture.ts'
import { useCamera } from '../../shared/camera/use-camera.ts'
import { Icon } from '../../shared/icons.tsx'

/** Snapshots are registered: full size and little compression. */
const snapshot = { maxSide: 1920, quality: 0.92 } as const

/** The camera with a button that takes a picture. */
export function SnapshotCamera({
  onSnapshot,
}: {
  readonly onSnapshot: (blob: Blob) => void
}): ReactNode {
  const { cameraWanted, setCameraWanted, notify } = useApp()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  async function take(): Promise<void> {
    const frame =
      video.current &&
      (await captureFrame(video.current, document.createElement('canvas'), snapshot))
    if (frame) onSnapshot(frame.blob)
    else notify('The camera has no picture yet. Try again.')
  }
  return (
    <CameraStage
      camera={camera}
      video={video}
      hint="Look straight at the camera, alone and in even light."
      onStart={() => {
        setCameraWanted(true)
        camera.start()
      }}
      onStop={() => {
        setCameraWanted(false)
        camera.stop()
      }}
      overlay={<div className="face-guide" aria-hidden="true" />}
      actions={
        <button type="button" className="primary" onClick={() => void take()}>
          <Icon name="camera" /> Take snapshot
        </button>
      }
    />
  )
}
