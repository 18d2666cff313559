import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { jobsOptions } from '../../shared/api/jobs.ts'
import { installModel, modelsOptions } from '../../shared/api/system.ts'
import type { Model } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { JobButtons } from '../../shared/jobs/job-buttons.tsx'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded, useJob } from '../../shared/jobs/use-job.ts'

const kind = 'modelInstall'

/** Fetches a model that is not there, and shows how far it is: also where somebody else began it. */
export function ModelInstall({ model }: { readonly model: Model }): ReactNode {
  const t = useTranslations('system.models')
  const { api } = useApp()
  const client = useQueryClient()
  const list = useInfiniteQuery(jobsOptions(api, { kind }))
  const [begun, setBegun] = useState<string>()
  const found = list.data?.pages
    .flatMap(({ items }) => items)
    .find(({ input }) => input.modelId === model.id)
  const job = useJob(begun ?? found?.id)
  const install = useChange({
    send: () => installModel(api, model.id),
    onDone: ({ id }) => setBegun(id),
  })
  const ended = hasEnded(job) ? job?.id : undefined
  useEffect(() => {
    if (ended !== undefined) void client.invalidateQueries(modelsOptions(api))
  }, [ended, client, api])

  if (!model.installable) return <p className="muted">{t('bring', { id: model.id })}</p>
  if (job !== undefined && !hasEnded(job)) {
    return (
      <>
        <JobProgress job={job} label={t('installing', { id: model.id })} />
        <JobButtons job={job} cancelText={t('cancelText')} />
      </>
    )
  }
  const label =
    model.downloadBytes === undefined
      ? t('install')
      : t('installMegabytes', { count: Math.ceil(model.downloadBytes / 1e6) })
  return (
    <>
      {job?.failure && <p className="bad">{t('failed', { message: job.failure.message })}</p>}
      <div className="actions">
        <button
          type="button"
          disabled={install.isPending}
          aria-label={`${label}: ${model.id}`}
          onClick={() => install.run(undefined)}
        >
          {label}
        </button>
      </div>
    </>
  )
}
