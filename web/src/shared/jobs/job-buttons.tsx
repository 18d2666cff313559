import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { askJob, jobOptions } from '../api/jobs.ts'
import type { Job } from '../api/types.ts'
import { useApp } from '../app-context.ts'
import { ConfirmDialog } from '../dialog/confirm-dialog.tsx'
import { ProblemNotice } from '../feedback/problem-notice.tsx'
import { hasEnded } from './use-job.ts'

interface JobButtonsProps {
  readonly job: Job
  /** What a cancelled job leaves behind. */
  readonly cancelText: string
}

/** Pauses, resumes and cancels a job. */
export function JobButtons({ job, cancelText }: JobButtonsProps): ReactNode {
  const t = useTranslations('jobs')
  const { api } = useApp()
  const client = useQueryClient()
  const [cancelling, setCancelling] = useState(false)
  const ask = useMutation({
    mutationFn: (request: 'pause' | 'resume' | 'cancel') => askJob(api, job.id, request),
    onSuccess: (answer) => client.setQueryData(jobOptions(api, job.id).queryKey, answer),
    onSettled: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  const { state, wanted } = job
  const isWorking = state === 'running' || state === 'queued'
  return (
    <>
      <ProblemNotice error={ask.error} />
      <div className="job-buttons">
        {isWorking && (
          <button
            type="button"
            disabled={ask.isPending || wanted !== undefined}
            onClick={() => ask.mutate('pause')}
          >
            {t('pause')}
          </button>
        )}
        {(state === 'paused' || state === 'failed') && (
          <button
            type="button"
            className="primary"
            disabled={ask.isPending}
            onClick={() => ask.mutate('resume')}
          >
            {t(state === 'failed' ? 'again' : 'resume')}
          </button>
        )}
        {!hasEnded(job) && (
          <button
            type="button"
            disabled={wanted === 'cancelled'}
            onClick={() => setCancelling(true)}
          >
            {t('cancelJob')}
          </button>
        )}
      </div>
      {cancelling && (
        <ConfirmDialog
          title={t('cancelTitle')}
          action={t('cancelJob')}
          onCancel={() => setCancelling(false)}
          onConfirm={async () => {
            await ask.mutateAsync('cancel').catch(() => undefined)
            setCancelling(false)
          }}
        >
          {cancelText}
        </ConfirmDialog>
      )}
    </>
  )
}
