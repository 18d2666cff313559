import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { askJob, deleteJob } from '../../shared/api/jobs.ts'
import type { Job } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { hasText } from '../../shared/text/has-text.ts'

type Asked = Parameters<typeof askJob>[2]

/** A job: what it is, how far it is, what became of it, and what can be asked of it. */
export function JobRow({ job }: { readonly job: Job }): ReactNode {
  const t = useTranslations('system.jobs')
  const jobs = useTranslations('jobs')
  const kinds = useTranslations('jobs.kinds')
  const format = useFormatter()
  const { api } = useApp()
  const client = useQueryClient()
  const refresh = () => void client.invalidateQueries({ queryKey: ['jobs'] })
  const ask = useChange({ send: (what: Asked) => askJob(api, job.id, what), onDone: refresh })
  const remove = useChange({
    send: () => deleteJob(api, job.id),
    done: () => t('removed'),
    onDone: refresh,
  })
  const kind = hasText(kinds, job.kind) ? kinds(job.kind) : job.kind
  const time = (at: string) =>
    format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'short' })
  const button = (what: Asked, label: string) => (
    <button
      type="button"
      className="small"
      disabled={ask.isPending}
      aria-label={`${label}: ${kind}`}
      onClick={() => ask.run(what)}
    >
      {label}
    </button>
  )
  const canStop = !hasEnded(job) && job.wanted === undefined
  return (
    <li className="job">
      <div className="job-text">
        <h2>{kind}</h2>
        <p className="muted">
          {t('begun', { time: time(job.createdAt) })}
          {job.createdBy.kind !== 'anonymous' && ` · ${job.createdBy.name}`}
        </p>
      </div>
      <div className="job-state">
        {hasEnded(job) ? (
          <p className={job.state === 'failed' ? 'bad' : 'muted'}>
            {jobs(`states.${job.state}`)}
            {job.endedAt !== undefined && `, ${time(job.endedAt)}`}
          </p>
        ) : (
          <JobProgress job={job} label={kind} />
        )}
        {job.failure && <p>{job.failure.message}</p>}
      </div>
      <div className="job-actions">
        {canStop && job.state !== 'paused' && button('pause', jobs('pause'))}
        {job.state === 'paused' && button('resume', jobs('resume'))}
        {job.state === 'failed' && button('resume', jobs('again'))}
        {canStop && button('cancel', jobs('cancel'))}
        {hasEnded(job) && (
          <button
            type="button"
            className="small"
            aria-label={`${jobs('remove')}: ${kind}`}
            disabled={remove.isPending}
            onClick={() => remove.run(undefined)}
          >
            {jobs('remove')}
          </button>
        )}
      </div>
    </li>
  )
}
