import { type ReactNode, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../app-context.ts'
import { useToasts } from '../feedback/toasts.ts'
import { Icon } from '../icons.tsx'
import { CameraStage } from './camera-stage.tsx'
import { captureFrame } from './frame-capture.ts'
import { useCamera } from './use-camera.ts'

/** Snapshots are kept and compared: full size and little compression. */
const snapshot = { maxSide: 1920, quality: 0.92 } as const

interface SnapshotCameraProps {
  readonly hint: string
  /** Shows where one face should be. */
  readonly faceGuide?: boolean
  /** The camera starts at once: the user has just asked for it. */
  readonly autoStart?: boolean
  readonly onSnapshot: (blob: Blob) => void
  readonly onStop?: () => void
}

/** The camera with a button that takes a picture. */
export function SnapshotCamera(props: SnapshotCameraProps): ReactNode {
  const { hint, faceGuide = false, autoStart = false, onSnapshot, onStop } = props
  const t = useTranslations('camera')
  const { cameraWanted } = useApp()
  const toasts = useToasts()
  const camera = useCamera(cameraWanted || autoStart)
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
      hint={hint}
      onStop={onStop}
      overlay={faceGuide && <div className="face-guide" aria-hidden="true" />}
      actions={
        <button type="button" className="primary" onClick={() => void take()}>
          <Icon name="camera" /> {t('takeSnapshot')}
        </button>
      }
    />
  )
}
