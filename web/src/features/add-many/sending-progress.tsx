import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useSlowText } from '../../shared/feedback/use-slow-text.ts'
import { remainingText } from '../../shared/jobs/remaining-text.ts'
import type { StartJob } from './use-start-job.ts'
import '../../shared/jobs/job-progress.css'

const bytesOfMegabyte = 1_000_000

/** How much of the photographs is sent, how fast, and how long the rest takes. */
export function SendingProgress({ start }: { readonly start: StartJob }): ReactNode {
  const t = useTranslations('addMany')
  const shared = useTranslations('shared')
  const jobs = useTranslations('jobs')
  const { progress, isSending, stop } = start
  function toText(): string {
    if (progress === undefined) return t('sending')
    const { sent, total, perSecond, remainingSeconds } = progress
    if (sent >= total) return t('allSent')
    const parts = [
      t('sent', { sent: sent / bytesOfMegabyte, total: total / bytesOfMegabyte }),
      perSecond === undefined ? '' : t('sendRate', { rate: perSecond / bytesOfMegabyte }),
      remainingSeconds === undefined ? '' : remainingText(jobs, remainingSeconds),
    ]
    return parts.filter((part) => part !== '').join(' · ')
  }
  const text = toText()
  const spoken = useSlowText(isSending ? text : '')
  if (!isSending) return null

  const share =
    progress !== undefined && progress.sent < progress.total
      ? { value: progress.sent, max: progress.total }
      : {}
  return (
    <div className="job-progress">
      <progress aria-label={t('sendingPhotos')} {...share} />
      <p className="muted">{text}</p>
      <p className="muted">{t('keepOpen')}</p>
      <button type="button" onClick={stop}>
        {shared('cancel')}
      </button>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
    </div>
  )
}
