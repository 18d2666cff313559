import { useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { jobsOptions } from '../../shared/api/jobs.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { ShowMore } from '../../shared/show-more.tsx'
import { JobRow } from './job-row.tsx'
import { type JobsSearch, jobStates } from './search.ts'
import { SystemHead } from './system-head.tsx'

const route = getRouteApi('/system/jobs')

/** While something runs; otherwise others may begin something, and nobody waits for it. */
const busyMs = 1_000
const idleMs = 10_000

/** Long operations: how far they are, and what can be asked of them. */
export function JobsView(): ReactNode {
  const t = useTranslations('system.jobs')
  const jobs = useTranslations('jobs')
  const { api } = useApp()
  const { state } = route.useSearch()
  const navigate = useNavigate({ from: '/system/jobs' })
  const list = useInfiniteQuery({
    ...jobsOptions(api, state === undefined ? {} : { state }),
    refetchInterval: ({ state: { data } }) => {
      const all = data?.pages.flatMap(({ items }) => items) ?? []
      return all.some((job) => !hasEnded(job) && job.state !== 'paused') ? busyMs : idleMs
    },
  })
  const items = list.data?.pages.flatMap((page) => page.items)
  return (
    <section aria-labelledby="jobs-title">
      <SystemHead id="jobs-title" title={t('title')} />
      <p className="muted">{t('lead')}</p>
      <label className="inline-field">
        <span>{t('filter')}</span>
        <select
          value={state ?? ''}
          onChange={(event) => {
            const wanted = event.target.value as NonNullable<JobsSearch['state']> | ''
            void navigate({ search: wanted === '' ? {} : { state: wanted }, replace: true })
          }}
        >
          <option value="">{t('all')}</option>
          {jobStates.map((one) => (
            <option key={one} value={one}>
              {jobs(`states.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {items?.length === 0 && <p className="empty">{t('none')}</p>}
      <ul className="job-list" aria-label={t('title')}>
        {items?.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </ul>
      <ShowMore list={list} />
    </section>
  )
}
