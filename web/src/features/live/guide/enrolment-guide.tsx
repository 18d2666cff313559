import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useApp } from '../../../shared/app-context.ts'
import { CameraStage } from '../../../shared/camera/camera-stage.tsx'
import { useCamera } from '../../../shared/camera/use-camera.ts'
import { Notice } from '../../../shared/feedback/notice.tsx'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { useSlowText } from '../../../shared/feedback/use-slow-text.ts'
import { Icon } from '../../../shared/icons.tsx'
import type { PersonChoice } from '../../../shared/persons/person-choice.ts'
import { PersonPicker, preparePersonPicker } from '../../../shared/persons/person-picker.tsx'
import { type PoseName, poses } from './poses.ts'
import type { PictureVerdict } from './same-person.ts'
import { TakenPoses } from './taken-poses.tsx'
import { useEnrolPoses } from './use-enrol-poses.ts'
import { type TakenPose, usePoseCapture } from './use-pose-capture.ts'
import { useSamePerson } from './use-same-person.ts'

/**
 * Asks for a few poses, takes a picture of each when it is good, and enrols the chosen ones. A picture
 * that shows somebody else than the others is left out.
 */
export function EnrolmentGuide(): ReactNode {
  const t = useTranslations('live.guide')
  const { cameraWanted } = useApp()
  const camera = useCamera(cameraWanted)
  const video = useRef<HTMLVideoElement>(null)
  const [taken, setTaken] = useState<readonly TakenPose[]>([])
  const [skipped, setSkipped] = useState<readonly PoseName[]>([])
  const [asking, setAsking] = useState(false)
  const [checking, setChecking] = useState(false)
  const [verdict, setVerdict] = useState<PictureVerdict>('same')
  const checkPerson = useSamePerson()
  const enrol = useEnrolPoses(() => {
    setTaken([])
    setSkipped([])
  })
  useEffect(() => void preparePersonPicker().catch(() => undefined), [])
  const isOn = camera.state.phase === 'on'
  const pose = poses.find(
    (name) => !skipped.includes(name) && !taken.some((one) => one.pose === name),
  )
  const straight = taken.find((one) => one.pose === 'front')?.pitch ?? 0
  const { advice, problem, take } = usePoseCapture({
    video,
    pose: isOn && !asking && !checking ? pose : undefined,
    straight,
    onTaken: (one) => void accept(one),
  })
  const words = pose === undefined ? t('allTaken') : t(`poses.${pose}.ask`)
  const spoken = useSlowText(isOn ? `${words} ${advice ? t(`advice.${advice}`) : ''}` : '')

  async function accept(one: TakenPose): Promise<void> {
    setChecking(true)
    const others = taken.filter(({ pose: other }) => other !== one.pose)
    const found = await checkPerson(
      one.blob,
      others.map(({ blob }) => blob),
    )
    setVerdict(found)
    if (found === 'same' || found === 'unchecked') setTaken([...others, one])
    setChecking(false)
  }
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
              <button
                type="button"
                className="primary"
                disabled={checking}
                onClick={() => void take()}
              >
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
            {checking ? t('comparing') : t(`advice.${advice ?? 'looking'}`)}
          </p>
        )}
        {!isOn && <p className="muted">{t('start')}</p>}
        <ProblemNotice error={problem} />
        {verdict !== 'same' && <Notice kind="warning">{t(`verdicts.${verdict}`)}</Notice>}
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
