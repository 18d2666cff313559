import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { PhotoCanvas } from '../../../shared/photos/photo-canvas.tsx'
import { type PoseName, poses } from './poses.ts'
import type { TakenPose } from './use-pose-capture.ts'
import './taken-poses.css'

/** Twice the shown size, for dense screens. */
const shownSide = 180

interface TakenPosesProps {
  readonly taken: readonly TakenPose[]
  /** The pose that is asked for now. */
  readonly current: PoseName | undefined
  /** Drops the picture of a pose, so that it is asked for once more. */
  readonly onAgain: (pose: PoseName) => void
}

/** The poses in their order, with the pictures that were taken. */
export function TakenPoses({ taken, current, onAgain }: TakenPosesProps): ReactNode {
  const t = useTranslations('live.guide')
  return (
    <ol className="taken-poses" aria-label={t('pictures')}>
      {poses.map((pose) => {
        const picture = taken.find((one) => one.pose === pose)
        const name = t(`poses.${pose}.name`)
        return (
          <li key={pose} aria-current={pose === current ? 'step' : undefined}>
            {picture ? (
              <>
                <PhotoCanvas
                  blob={picture.blob}
                  label={t('pictureOf', { pose: name })}
                  maxSide={shownSide}
                />
                <button
                  type="button"
                  className="small quiet"
                  aria-label={t('againOf', { pose: name })}
                  onClick={() => onAgain(pose)}
                >
                  {t('again')}
                </button>
              </>
            ) : (
              <span className="taken-poses-open">{name}</span>
            )}
          </li>
        )
      })}
    </ol>
  )
}
