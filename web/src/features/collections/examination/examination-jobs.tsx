import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { findMerges } from '../../../shared/api/examination.ts'
import { collectionKey } from '../../../shared/api/keys.ts'
import { startReport } from '../../../shared/api/report.ts'
import type { Job } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { JobProgress } from '../../../shared/jobs/job-progress.tsx'
import { hasEnded } from '../../../shared/jobs/use-job.ts'
import { useNewestJob } from '../../../shared/jobs/use-newest-job.ts'

interface ExaminationJobsProps {
  readonly collectionId: string
  /** Nothing was examined yet. */
  readonly isFirst: boolean
}

/** Begins the two examinations and shows how far they are. */
export function ExaminationJobs({ collectionId, isFirst }: ExaminationJobsProps): ReactNode {
  const t = useTranslations('examination')
  const app = useApp()
  const report = useNewestJob('galleryReport', collectionId)
  const merges = useNewestJob('mergeSuggestions', collectionId)
  useRefreshAtEnd(report.job)
  useRefreshAtEnd(merges.job)
  const examine = useChange({
    send: () => startReport(app),
    onDone: ({ id }) => report.follow(id),
  })
  const look = useChange({ send: () => findMerges(app), onDone: (id) => merges.follow(id) })
  return (
    <div className="panel">
      <div className="actions">
        <button
          type="button"
          className="primary"
          disabled={examine.isPending || isRunning(report.job)}
          onClick={() => examine.run(undefined)}
        >
          {t(isFirst ? 'begin' : 'again')}
        </button>
        <button
          type="button"
          disabled={look.isPending || isRunning(merges.job)}
          onClick={() => look.run(undefined)}
        >
          {t('beginTwice')}
        </button>
      </div>
      {isRunning(report.job) && <JobProgress job={report.job} label={t('progress')} />}
      {isRunning(merges.job) && <JobProgress job={merges.job} label={t('progressTwice')} />}
      {[report.job, merges.job].map(
        (job) =>
          job?.failure && (
            <p key={job.id} className="bad">
              {t('failed', { message: job.failure.message })}
            </p>
          ),
      )}
    </div>
  )
}

function isRunning(job: Job | undefined): job is Job {
  return job !== undefined && !hasEnded(job)
}

/** What a job found is shown as soon as it has ended. */
function useRefreshAtEnd(job: Job | undefined): void {
  const client = useQueryClient()
  const { collection } = useApp()
  const ended = hasEnded(job) ? job?.id : undefined
  useEffect(() => {
    if (ended === undefined) return
    void client.invalidateQueries({ queryKey: collectionKey(collection) })
  }, [ended, client, collection])
}
