import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { jobItemsOptions } from '../../shared/api/jobs.ts'
import { collectionKey } from '../../shared/api/keys.ts'
import type { Job } from '../../shared/api/types.ts'
import { type UndoProgress, undoBulkEnrolment } from '../../shared/api/undo-job.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { Notice } from '../../shared/feedback/notice.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { problemText } from '../../shared/feedback/problem-text.ts'

/** Takes back everything that a job has enrolled, and says what could not be taken back. */
export function TakeBack({ job }: { readonly job: Job }): ReactNode {
  const t = useTranslations('addMany.undo')
  const app = useApp()
  const client = useQueryClient()
  const [asking, setAsking] = useState(false)
  const [progress, setProgress] = useState<UndoProgress>()
  const stop = useRef<AbortController>(undefined)
  const undo = useMutation({
    mutationFn: async () => {
      stop.current = new AbortController()
      const { signal } = stop.current
      const { pages } = await client.fetchInfiniteQuery({
        ...jobItemsOptions(app.api, job.id, { rejected: false }),
        // All of them, whatever the list has loaded.
        pages: Number.POSITIVE_INFINITY,
        staleTime: 0,
      })
      const items = pages.flatMap((page) => page.items)
      await undoBulkEnrolment(app, { job, items }, { onProgress: setProgress, signal })
      return { isStopped: signal.aborted }
    },
    onSettled: () => client.invalidateQueries({ queryKey: collectionKey(app.collection) }),
  })

  if (undo.isPending) {
    const { total = 0, undone = 0, kept = [] } = progress ?? {}
    const done = undone + kept.length
    return (
      <div className="take-back" role="status">
        <progress aria-label={t('working')} value={done} max={Math.max(1, total)} />
        <p className="muted">{t('progress', { done, total })}</p>
        <button type="button" onClick={() => stop.current?.abort()}>
          {t('stop')}
        </button>
      </div>
    )
  }
  return (
    <>
      <ProblemNotice error={undo.error} onRetry={() => undo.mutate()} />
      {undo.data && progress && <Outcome progress={progress} {...undo.data} />}
      {undo.data?.isStopped !== false && (
        <div>
          <button type="button" onClick={() => setAsking(true)}>
            {t('button')}
          </button>
        </div>
      )}
      {asking && (
        <ConfirmDialog
          title={t('title')}
          action={t('button')}
          onCancel={() => setAsking(false)}
          onConfirm={async () => {
            setAsking(false)
            undo.mutate()
          }}
        >
          {t('text')}
        </ConfirmDialog>
      )}
    </>
  )
}

interface OutcomeProps {
  readonly progress: UndoProgress
  readonly isStopped: boolean
}

function Outcome({ progress, isStopped }: OutcomeProps): ReactNode {
  const t = useTranslations('addMany.undo')
  const problems = useTranslations('problems')
  const { total, undone, kept } = progress
  const gone = total - undone - kept.length
  return (
    <>
      <Notice kind={kept.length > 0 ? 'warning' : 'good'}>
        {t('done', { undone })} {isStopped && t('stopped')}
        {!isStopped && gone > 0 && t('gone', { count: gone })}
      </Notice>
      {kept.length > 0 && (
        <>
          <p>{t('refused')}</p>
          <ul className="kept-photos">
            {kept.map(({ faceId, file, personName, problem }) => (
              <li key={faceId}>
                {file} (<bdi>{personName}</bdi>): {problemText(problems, problem)}{' '}
                {problem.code === 'undoRefused' && problem.message}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}
