import { useInfiniteQuery, useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { jobItemsOptions, loadRejectedCsv } from '../../shared/api/jobs.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { hasEnded } from '../../shared/jobs/use-job.ts'
import { PhotoCanvas } from '../../shared/photos/photo-canvas.tsx'
import { saveFile } from '../../shared/save-file.ts'
import { ShowMore } from '../../shared/show-more.tsx'
import { type RejectedPhoto, toRejected } from './bulk-job-data.ts'
import { bulkReasonText } from './bulk-reason.ts'
import type { Selection } from './selection.ts'
import './rejected-table.css'

/** Items are written with each checkpoint. */
const lookAgainMs = 5_000
/** Twice the shown size, for dense screens. */
const thumbnailSide = 128

interface RejectedTableProps {
  readonly job: Job
  readonly selection: Selection | undefined
}

/** The photographs that were not taken, each with its reason, and with its picture where it is at hand. */
export function RejectedTable({ job, selection }: RejectedTableProps): ReactNode {
  const t = useTranslations('addMany')
  const { api } = useApp()
  const list = useInfiniteQuery({
    ...jobItemsOptions(api, job.id, { rejected: true }),
    refetchInterval: hasEnded(job) ? false : lookAgainMs,
  })
  const download = useMutation({
    mutationFn: async () => saveFile(await loadRejectedCsv(api, job.id), `rejected-${job.id}.csv`),
  })
  const rejected = list.data?.pages.flatMap(({ items }) => items) ?? []
  if (rejected.length === 0) return <ProblemNotice error={list.error} />
  const files = new Map(
    selection?.source.kind === 'photos'
      ? selection.source.photos.map(({ path, file }) => [path, file])
      : [],
  )
  return (
    <div className="panel">
      <div className="view-head">
        <h2 id="rejected-title">{t('rejectedTitle')}</h2>
        <button type="button" disabled={download.isPending} onClick={() => download.mutate()}>
          {t('csv')}
        </button>
      </div>
      <ProblemNotice error={download.error} />
      <table className="rejected-table" aria-labelledby="rejected-title">
        <thead>
          <tr>
            {files.size > 0 && <th scope="col">{t('photo')}</th>}
            <th scope="col">{t('file')}</th>
            <th scope="col">{t('reason')}</th>
          </tr>
        </thead>
        <tbody>
          {rejected.map((item) => (
            <Row
              key={item.id}
              photo={toRejected(item)}
              files={files.size > 0 ? files : undefined}
            />
          ))}
        </tbody>
      </table>
      <ShowMore list={list} />
    </div>
  )
}

interface RowProps {
  readonly photo: RejectedPhoto
  readonly files: ReadonlyMap<string, File> | undefined
}

function Row({ photo, files }: RowProps): ReactNode {
  const texts = { addMany: useTranslations('addMany'), photos: useTranslations('photos') }
  const file = files?.get(photo.file)
  return (
    <tr>
      {files && (
        <td>{file && <PhotoCanvas blob={file} label={photo.file} maxSide={thumbnailSide} />}</td>
      )}
      <th scope="row">{photo.file}</th>
      <td>{bulkReasonText(texts, photo)}</td>
    </tr>
  )
}
