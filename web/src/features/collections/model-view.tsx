import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { collectionKey } from '../../shared/api/keys.ts'
import { deleteSecondModel, startMigration } from '../../shared/api/second-model.ts'
import { modelsOptions } from '../../shared/api/system.ts'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { useNewestJob } from '../../shared/jobs/use-newest-job.ts'
import { CollectionHead } from './collection-head.tsx'
import { ComparisonPanel } from './comparison-panel.tsx'
import { readMigration } from './migration-result.ts'
import { SwitchButton } from './switch-button.tsx'

/** The models of a collection: begin with another one, compare, switch, go back, erase. */
export function ModelView(): ReactNode {
  const t = useTranslations('collections.model')
  const app = useApp()
  const details = useQuery(collectionOptions(app))
  return (
    <section aria-labelledby="model-title">
      <CollectionHead id="model-title" title={t('title', { name: app.collection })} />
      <ProblemNotice error={details.error} onRetry={() => void details.refetch()} />
      {details.data && <Models details={details.data} />}
    </section>
  )
}

function Models({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections.model')
  const app = useApp()
  const client = useQueryClient()
  const { second } = details
  const { job, follow } = useNewestJob('modelMigration', details.id)
  const isRunning = job !== undefined && !hasEnded(job)
  const result = job && readMigration(job)
  const [erasing, setErasing] = useState(false)

  // What the job did to the collection is shown as soon as it has ended.
  const end = hasEnded(job) ? job?.id : undefined
  useEffect(() => {
    if (end !== undefined) {
      void client.invalidateQueries({ queryKey: collectionKey(app.collection) })
    }
  }, [end, client, app.collection])

  const begin = useChange({
    send: (modelId: string) => startMigration(app, { modelId, switch: false }),
    onDone: ({ id }) => follow(id),
  })
  const erase = useChange({
    send: (modelId: string) => deleteSecondModel(app, modelId),
    done: (_answer, modelId) => t('erasing', { model: modelId }),
  })

  return (
    <>
      <div className="panel">
        <p>
          <strong>{t('answers', { model: details.modelId })}</strong>{' '}
          {second && t('second', { model: second.modelId })}
        </p>
        <p className="muted">{t('text')}</p>
        {!details.storeCrops && <p className="warning">{t('noCrops')}</p>}
        {isRunning ? (
          <JobProgress job={job} label={t('progress', { model: String(job.input.modelId) })} />
        ) : second === undefined ? (
          <BeginForm details={details} isBusy={begin.isPending} onBegin={begin.run} />
        ) : (
          <div className="actions">
            <SwitchButton modelId={second.modelId} missing={result?.missing ?? 0} />
            <button
              type="button"
              disabled={begin.isPending}
              onClick={() => begin.run(second.modelId)}
            >
              {t('again')}
            </button>
            <button type="button" onClick={() => setErasing(true)}>
              {t('erase', { model: second.modelId })}
            </button>
          </div>
        )}
        {job?.failure && <p className="bad">{t('failed', { message: job.failure.message })}</p>}
      </div>
      {result && !isRunning && <ComparisonPanel result={result} />}
      {erasing && second && (
        <ConfirmDialog
          title={t('eraseTitle', { model: second.modelId })}
          action={t('erase', { model: second.modelId })}
          onCancel={() => setErasing(false)}
          onConfirm={async () => {
            await erase.runAsync(second.modelId).catch(() => undefined)
            setErasing(false)
          }}
        >
          {t('eraseText', { model: second.modelId })}
        </ConfirmDialog>
      )}
    </>
  )
}

interface BeginFormProps {
  readonly details: CollectionDetails
  readonly isBusy: boolean
  readonly onBegin: (modelId: string) => void
}

/** Which model shall stand beside the one that answers. */
function BeginForm({ details, isBusy, onBegin }: BeginFormProps): ReactNode {
  const t = useTranslations('collections.model')
  const { api } = useApp()
  const models = useQuery(modelsOptions(api))
  const others = models.data?.filter(
    ({ id, task, installed }) => task === 'embedder' && installed && id !== details.modelId,
  )
  const [chosen, setChosen] = useState<string>()
  const modelId = chosen ?? others?.[0]?.id
  return (
    <>
      <ProblemNotice error={models.error} onRetry={() => void models.refetch()} />
      {others?.length === 0 && <p>{t('none', { command: 'face-watcher models install sface' })}</p>}
      {modelId !== undefined && (
        <form
          className="actions"
          onSubmit={(event) => {
            event.preventDefault()
            onBegin(modelId)
          }}
        >
          <label className="field">
            <span>{t('choose')}</span>
            <select value={modelId} onChange={(event) => setChosen(event.target.value)}>
              {others?.map(({ id, title }) => (
                <option key={id} value={id}>
                  {id} · {title}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" className="primary" disabled={isBusy}>
            {t('begin')}
          </button>
        </form>
      )}
    </>
  )
}
