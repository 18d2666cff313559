import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Job } from '../../shared/api/types.ts'
import { BulkJob } from './bulk-job.tsx'
import { JobList } from './job-list.tsx'
import type { Selection } from './selection.ts'
import { SelectionForm } from './selection-form.tsx'
import './add-many.css'

const route = getRouteApi('/add-photos/many')

/**
 * Registers many people at once: what to send, or the job that the address names. The job goes on by
 * itself; the files stay here, for pictures of what was rejected, as long as the page is open.
 */
export function AddManyView(): ReactNode {
  const t = useTranslations('addMany')
  const { job } = route.useSearch()
  const navigate = route.useNavigate()
  const [selection, setSelection] = useState<Selection>()
  const open = (wanted: Job | undefined) =>
    void navigate({
      search: ({ job: _before, ...others }) =>
        wanted === undefined ? others : { ...others, job: wanted.id },
    })
  return (
    <section aria-labelledby="add-many-title">
      <div className="view-head">
        <div>
          <h1 id="add-many-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        {job === undefined ? (
          <Link className="button" to="/add-photos">
            {t('onePerson')}
          </Link>
        ) : (
          <Link className="button" to="/add-photos/many">
            {t('allJobs')}
          </Link>
        )}
      </div>
      {job === undefined ? (
        <>
          <SelectionForm selection={selection} onSelect={setSelection} onStarted={open} />
          <JobList />
        </>
      ) : (
        <BulkJob
          key={job}
          id={job}
          selection={selection}
          onStarted={open}
          onAgain={(keep) => {
            if (!keep) setSelection(undefined)
            open(undefined)
          }}
        />
      )}
    </section>
  )
}
