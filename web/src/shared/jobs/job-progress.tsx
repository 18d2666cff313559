import { type ReactNode, useId } from 'react'
import { useTranslations } from 'use-intl'
import type { Job } from '../api/types.ts'
import { useSlowText } from '../feedback/use-slow-text.ts'
import { hasText } from '../text/has-text.ts'
import { remainingText } from './remaining-text.ts'
import './job-progress.css'

interface JobProgressProps {
  readonly job: Job
  /** What the job does, for whoever does not see the bar. */
  readonly label: string
}

/** How far a job is: a bar, what is done of how much, and how long the rest takes. */
export function JobProgress({ job, label }: JobProgressProps): ReactNode {
  const t = useTranslations('jobs')
  const stages = useTranslations('jobs.stages')
  const { progress } = job
  const id = useId()
  const text = [
    job.wanted === undefined ? t(`states.${job.state}`) : t(`wanted.${job.wanted}`),
    progress && hasText(stages, progress.stage) ? stages(progress.stage) : '',
    progress &&
      (progress.total === undefined
        ? t('done', { done: progress.done })
        : t('doneOf', { done: progress.done, total: progress.total })),
    progress?.perSecond !== undefined && job.state === 'running'
      ? t('rate', { rate: roundRate(progress.perSecond) })
      : '',
    progress?.remainingSeconds !== undefined && job.state === 'running'
      ? remainingText(t, progress.remainingSeconds)
      : '',
  ]
    .filter((part) => part !== undefined && part !== '')
    .join(' · ')
  const spoken = useSlowText(text)
  const share = progress?.total ? { value: progress.done, max: progress.total } : {}
  return (
    <div className="job-progress">
      <progress
        aria-label={label}
        aria-describedby={id}
        {...(job.state === 'done' ? { value: 1, max: 1 } : share)}
      />
      <p id={id} className="muted">
        {text}
      </p>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
    </div>
  )
}

/** A decimal is of interest only where little is done in a second. */
function roundRate(perSecond: number): number {
  return perSecond >= 10 ? Math.round(perSecond) : perSecond
}
