import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { jobOptions } from '../../shared/api/jobs.ts'
import { collectionKey } from '../../shared/api/keys.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { JobButtons } from '../../shared/jobs/job-buttons.tsx'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded, useJob } from '../../shared/jobs/use-job.ts'
import { toCounts, toOptions } from './bulk-job-data.ts'
import { EnrolledPersons } from './enrolled-persons.tsx'
import { RejectedTable } from './rejected-table.tsx'
import type { Selection } from './selection.ts'
import { SendingProgress } from './sending-progress.tsx'
import { StartProblem } from './start-problem.tsx'
import { useStartJob } from './use-start-job.ts'

interface BulkJobProps {
  readonly id: string
  /** What was chosen in this page; absent after it was opened again. */
  readonly selection: Selection | undefined
  readonly onStarted: (job: Job) => void
  /** Back to the choice; with `keep` to what is chosen. */
  readonly onAgain: (keep: boolean) => void
}

/** A job that enrols photographs, or looks at them: how far it is, and what became of each. */
export function BulkJob(props: BulkJobProps): ReactNode {
  const { id, selection, onStarted, onAgain } = props
  const t = useTranslations('addMany')
  const shared = useTranslations('shared')
  const { api, collection } = useApp()
  const client = useQueryClient()
  const job = useJob(id)
  const query = useQuery(jobOptions(api, id))
  const isOver = hasEnded(job)
  const wasOver = useRef(isOver)
  useEffect(() => {
    if (isOver && !wasOver.current) {
      void client.invalidateQueries({ queryKey: collectionKey(collection) })
      void client.invalidateQueries({ queryKey: jobOptions(api, id).queryKey })
    }
    wasOver.current = isOver
  }, [isOver, client, api, collection, id])

  if (job === undefined) {
    return (
      <>
        {query.isPending && <p className="muted">{shared('loading')}</p>}
        <ProblemNotice error={query.error} />
        <button type="button" onClick={() => onAgain(true)}>
          {t('back')}
        </button>
      </>
    )
  }
  const { isDryRun } = toOptions(job)
  return (
    <>
      <div className="panel">
        <h2>{t(isDryRun ? 'checking' : 'enrolling')}</h2>
        <JobProgress job={job} label={t('progress')} />
        {!isOver && <p className="muted">{t('goesOn')}</p>}
        {job.failure && <Notice kind="bad">{job.failure.message}</Notice>}
        <Result job={job} />
        <JobButtons job={job} cancelText={t(isDryRun ? 'cancelCheck' : 'cancelEnrolment')} />
        {isOver && isDryRun && job.state === 'done' && (
          <AfterCheck job={job} selection={selection} onStarted={onStarted} onAgain={onAgain} />
        )}
        {isOver && !(isDryRun && job.state === 'done') && (
          <div>
            <button type="button" onClick={() => onAgain(job.state !== 'done')}>
              {t(job.state === 'done' ? 'others' : 'back')}
            </button>
          </div>
        )}
      </div>
      <RejectedTable job={job} selection={selection} />
      <EnrolledPersons job={job} isDryRun={isDryRun} />
    </>
  )
}

function Result({ job }: { readonly job: Job }): ReactNode {
  const t = useTranslations('addMany')
  const counts = toCounts(job)
  if (counts === undefined) return null
  return (
    <ul className="bulk-counts">
      <li>{t(toOptions(job).isDryRun ? 'wouldEnrol' : 'enrolled', { count: counts.enrolled })}</li>
      <li>{t('newPersons', { count: counts.newPersons })}</li>
      {counts.alreadyEnrolled > 0 && (
        <li>{t('alreadyEnrolled', { count: counts.alreadyEnrolled })}</li>
      )}
      <li>{t('rejected', { count: counts.rejected })}</li>
      {counts.leftOut > 0 && <li>{t('leftOut', { count: counts.leftOut })}</li>}
    </ul>
  )
}

type AfterCheckProps = Pick<BulkJobProps, 'selection' | 'onStarted' | 'onAgain'> & {
  readonly job: Job
}

/** Nothing was stored yet: the photographs are sent once more, now to be kept. */
function AfterCheck({ job, selection, onStarted, onAgain }: AfterCheckProps): ReactNode {
  const t = useTranslations('addMany')
  const start = useStartJob(onStarted)
  const enrolled = toCounts(job)?.enrolled ?? 0
  return (
    <>
      <p>{t(selection ? 'nothingStored' : 'chooseAgain')}</p>
      <StartProblem error={start.error} />
      <SendingProgress start={start} />
      <div className="add-many-buttons">
        {selection && (
          <button
            type="button"
            className="primary"
            disabled={start.isSending || enrolled === 0}
            onClick={() =>
              start.start({ source: selection.source, options: toOptions(job).options })
            }
          >
            {t('enrolThese', { count: enrolled })}
          </button>
        )}
        <button type="button" onClick={() => onAgain(selection !== undefined)}>
          {t('back')}
        </button>
      </div>
    </>
  )
}
