import { type ReactNode, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../../shared/app-context.ts'
import { CameraStage } from '../../shared/camera/camera-stage.tsx'
import { captureFrame } from '../../shared/camera/frame-capture.ts'
import { useCamera } from '../../shared/camera/use-camera.ts'
import { useToasts } from '../../shared/feedback/toasts.ts'
import { Icon } from '../../shared/icons.tsx'

/** Snapshots are registered: full size and little compression. */
const snapshot = { maxSide: 1920, quality: 0.92 } as const

/** The camera with a button that takes a picture. */
export function SnapshotCamera({
  onSnapshot,
}: {
  readonly onSnapshot: (blob: Blob) => void
}): ReactNode {
  const t = useTranslations('addPhotos')
  const { cameraWanted, setCameraWanted } = useApp()
  const toasts = useToasts()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  async function take(): Promise<void> {
    const frame =
      video.current &&
      (await captureFrame(video.current, document.createElement('canvas'), snapshot))
    if (frame) onSnapshot(frame.blob)
    else toasts.show({ kind: 'bad', text: t('noPicture') })
  }
  return (
    <CameraStage
      camera={camera}
      video={video}
      hint={t('snapshotHint')}
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
          <Icon name="camera" /> {t('takeSnapshot')}
        </button>
      }
    />
  )
}
