import { type ReactNode, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../../../shared/app-context.ts'
import { CameraStage } from '../../../shared/camera/camera-stage.tsx'
import { useCamera } from '../../../shared/camera/use-camera.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { useSlowText } from '../../../shared/feedback/use-slow-text.ts'
import { Icon } from '../../../shared/icons.tsx'
import type { PersonChoice } from '../../../shared/persons/person-choice.ts'
import { PersonPicker } from '../../../shared/persons/person-picker.tsx'
import { type PoseName, poses } from './poses.ts'
import { TakenPoses } from './taken-poses.tsx'
import { useEnrolPoses } from './use-enrol-poses.ts'
import { type TakenPose, usePoseCapture } from './use-pose-capture.ts'

/** Asks for a few poses, takes a picture of each when it is good, and enrols the chosen ones. */
export function EnrolmentGuide(): ReactNode {
  const t = useTranslations('live.guide')
  const { cameraWanted } = useApp()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  const [taken, setTaken] = useState<readonly TakenPose[]>([])
  const [skipped, setSkipped] = useState<readonly PoseName[]>([])
  const [asking, setAsking] = useState(false)
  const enrol = useEnrolPoses(() => {
    setTaken([])
    setSkipped([])
  })
  const isOn = camera.state.phase === 'on'
  const pose = poses.find(
    (name) => !skipped.includes(name) && !taken.some((one) => one.pose === name),
  )
  const straight = taken.find((one) => one.pose === 'front')?.pitch ?? 0
  const { advice, problem, take } = usePoseCapture({
    video,
    pose: isOn && !asking ? pose : undefined,
    straight,
    onTaken: (one) => setTaken((all) => [...all.filter((old) => old.pose !== one.pose), one]),
  })
  const words = pose === undefined ? t('allTaken') : t(`poses.${pose}.ask`)
  const spoken = useSlowText(isOn ? `${words} ${advice ? t(`advice.${advice}`) : ''}` : '')

  function choose(choice: PersonChoice): void {
    setAsking(false)
    enrol.run({ choice, taken })
  }

  return (
    <div className="columns">
      <CameraStage
        camera={camera}
        video={video}
        hint={t('hint')}
        fullscreen
        overlay={<div className="face-guide" aria-hidden="true" />}
        actions={
          pose && (
            <>
              <button type="button" className="primary" onClick={() => void take()}>
                <Icon name="camera" /> {t('takeNow')}
              </button>
              <button type="button" onClick={() => setSkipped([...skipped, pose])}>
                {t('skip')}
              </button>
            </>
          )
        }
      />
      <aside className="panel" aria-label={t('title')}>
        <h2>{isOn ? words : t('title')}</h2>
        {isOn && pose && (
          <p className={advice === 'good' ? 'good' : 'muted'}>
            {t(`advice.${advice ?? 'looking'}`)}
          </p>
        )}
        {!isOn && <p className="muted">{t('start')}</p>}
        <ProblemNotice error={problem} />
        <TakenPoses
          taken={taken}
          current={isOn ? pose : undefined}
          onAgain={(name) => {
            setTaken(taken.filter((one) => one.pose !== name))
            setSkipped(skipped.filter((one) => one !== name))
          }}
        />
        <button
          type="button"
          className="primary"
          disabled={taken.length === 0 || enrol.isPending}
          onClick={() => setAsking(true)}
        >
          {t('register', { count: taken.length })}
        </button>
        <p className="visually-hidden" aria-live="polite">
          {spoken}
        </p>
      </aside>
      {asking && (
        <PersonPicker
          title={t('whoIsIt')}
          allowNew
          onCancel={() => setAsking(false)}
          onChoose={choose}
        />
      )}
    </div>
  )
}
