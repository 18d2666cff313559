import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { jobsOptions } from '../../shared/api/jobs.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { toOptions } from './bulk-job-data.ts'

const lookAgainMs = 3_000
/** Jobs that have ended beyond these are of no interest here. */
const mostEnded = 5

/** Enrolments that are not finished, wherever they were begun, and the latest that are. */
export function JobList(): ReactNode {
  const t = useTranslations('addMany')
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  const list = useInfiniteQuery({
    ...jobsOptions(app.api, { kind: 'bulkEnroll' }),
    staleTime: 0,
    refetchInterval: lookAgainMs,
  })
  const own = (list.data?.pages.flatMap(({ items }) => items) ?? []).filter(
    ({ collectionId }) => collectionId === details?.id,
  )
  const unfinished = own.filter((job) => !hasEnded(job))
  const ended = own.filter(hasEnded).slice(0, mostEnded)
  return (
    <>
      <ProblemNotice error={list.error} />
      {[
        { key: 'unfinished', jobs: unfinished } as const,
        { key: 'finished', jobs: ended } as const,
      ].map(
        ({ key, jobs }) =>
          jobs.length > 0 && (
            <div key={key} className="panel">
              <h2 id={`${key}-jobs`}>{t(key)}</h2>
              <ul className="bulk-jobs" aria-labelledby={`${key}-jobs`}>
                {jobs.map((job) => (
                  <li key={job.id}>
                    <Link to="/add-photos/many" search={{ job: job.id }}>
                      {t(toOptions(job).isDryRun ? 'checkOf' : 'enrolmentOf', {
                        date: new Date(job.createdAt),
                      })}
                    </Link>
                    <JobProgress job={job} label={t('progress')} />
                  </li>
                ))}
              </ul>
            </div>
          ),
      )}
    </>
  )
}
