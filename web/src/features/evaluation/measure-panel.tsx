import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { PhotoSource } from '../../shared/api/bulk-enroll.ts'
import { evaluatePhotographs } from '../../shared/api/evaluations.ts'
import { deleteJob, jobsOptions } from '../../shared/api/jobs.ts'
import { modelsOptions } from '../../shared/api/system.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { JobProgress } from '../../shared/jobs/job-progress.tsx'
import { hasEnded, useJob } from '../../shared/jobs/use-job.ts'
import { Measured } from './measured.tsx'
import { readMeasured } from './measured-result.ts'

const kind = 'photographEvaluation'

/** Measures a model on photographs of the user's own people, and shows what came of it last. */
export function MeasurePanel(): ReactNode {
  const t = useTranslations('evaluation.measure')
  const jobs = useTranslations('jobs')
  const { api } = useApp()
  const client = useQueryClient()
  const list = useInfiniteQuery(jobsOptions(api, { kind }))
  const job = useJob(list.data?.pages[0]?.items[0]?.id)
  const result = job && readMeasured(job)
  const remove = useChange({
    send: (id: string) => deleteJob(api, id),
    done: () => t('removed'),
    onDone: () => void client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      <p>{t('text')}</p>
      {job === undefined || hasEnded(job) ? (
        <MeasureForm />
      ) : (
        <JobProgress job={job} label={jobs('kinds.photographEvaluation')} />
      )}
      {job?.failure && <p className="bad">{t('failed', { message: job.failure.message })}</p>}
      {job && result && (
        <>
          <Measured job={job} result={result} />
          <div>
            <button type="button" disabled={remove.isPending} onClick={() => remove.run(job.id)}>
              {t('remove')}
            </button>
          </div>
        </>
      )}
    </div>
  )
}

function MeasureForm(): ReactNode {
  const t = useTranslations('evaluation.measure')
  const { api } = useApp()
  const client = useQueryClient()
  const models = useQuery(modelsOptions(api))
  const embedders = models.data?.filter(({ task, installed }) => task === 'embedder' && installed)
  const [chosen, setChosen] = useState<string>()
  const modelId = chosen ?? embedders?.find(({ isDefault }) => isDefault)?.id
  const send = useMutation({
    mutationFn: ({ source, model }: { source: PhotoSource; model: string }) =>
      evaluatePhotographs(api, source, model),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  })
  const start = (source: PhotoSource | undefined) => {
    if (source && modelId !== undefined) send.mutate({ source, model: modelId })
  }
  if (send.isPending) return <p role="status">{t('sending')}</p>
  return (
    <>
      <ProblemNotice error={models.error ?? send.error} />
      <label className="field">
        <span>{t('model')}</span>
        <select value={modelId} onChange={(event) => setChosen(event.target.value)}>
          {embedders?.map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      </label>
      <div className="actions">
        <FileChoice
          label={t('folder')}
          attributes={{ webkitdirectory: '' }}
          onFiles={(files) => start(toPhotos(files))}
        />
        <FileChoice
          label={t('archive')}
          attributes={{ accept: '.zip,.tar,.tgz,.gz' }}
          onFiles={([archive]) => start(archive && { kind: 'archive', archive })}
        />
      </div>
    </>
  )
}

/** The images of a folder, whose folders are people. */
function toPhotos(files: readonly File[]): PhotoSource | undefined {
  const photos = files
    .filter(({ type }) => type.startsWith('image/'))
    .map((file) => ({ path: file.webkitRelativePath || file.name, file }))
  return photos.length === 0 ? undefined : { kind: 'photos', photos, table: undefined }
}

interface FileChoiceProps {
  readonly label: string
  /** `webkitdirectory` is an attribute that all browsers know and no type lists. */
  readonly attributes: Readonly<Record<string, string>>
  readonly onFiles: (files: readonly File[]) => void
}

function FileChoice({ label, attributes, onFiles }: FileChoiceProps): ReactNode {
  const id = useId()
  return (
    <span className="file-choice">
      <input
        id={id}
        className="visually-hidden"
        type="file"
        {...attributes}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])]
          // The same files may be chosen twice in a row.
          event.target.value = ''
          onFiles(files)
        }}
      />
      <label htmlFor={id} className="button">
        {label}
      </label>
    </span>
  )
}
