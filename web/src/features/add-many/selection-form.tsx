import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { BulkEnrollOptions } from '../../shared/api/bulk-enroll.ts'
import type { Job } from '../../shared/api/types.ts'
import { ChoosePhotos } from './choose-photos.tsx'
import { EnrolOptions } from './enrol-options.tsx'
import { type Selection, toSelection } from './selection.ts'
import { SelectionPreview } from './selection-preview.tsx'
import { SendingProgress } from './sending-progress.tsx'
import { StartProblem } from './start-problem.tsx'
import { useStartJob } from './use-start-job.ts'

interface SelectionFormProps {
  readonly selection: Selection | undefined
  readonly onSelect: (selection: Selection | undefined) => void
  readonly onStarted: (job: Job) => void
}

/** What to register: chosen, looked at, and sent. */
export function SelectionForm({ selection, onSelect, onStarted }: SelectionFormProps): ReactNode {
  const t = useTranslations('addMany')
  const [options, setOptions] = useState<BulkEnrollOptions>({})
  const [isEmpty, setEmpty] = useState(false)
  const start = useStartJob(onStarted)
  if (selection === undefined) {
    return (
      <>
        <ChoosePhotos
          onFiles={(files) => {
            const chosen = toSelection(files)
            setEmpty(chosen === undefined)
            onSelect(chosen)
          }}
        />
        {isEmpty && (
          <p className="bad" role="alert">
            {t('nothing')}
          </p>
        )}
      </>
    )
  }
  const { source } = selection
  const { isSending } = start
  return (
    <div className="panel">
      <h2>{t('chosen')}</h2>
      <SelectionPreview selection={selection} />
      <EnrolOptions options={options} onChange={setOptions} />
      <StartProblem error={start.error} />
      <SendingProgress start={start} />
      <div className="add-many-buttons">
        <button
          type="button"
          className="primary"
          disabled={isSending}
          onClick={() => start.start({ source, options: { ...options, dryRun: true } })}
        >
          {t('check')}
        </button>
        <button type="button" disabled={isSending} onClick={() => start.start({ source, options })}>
          {t('enrolNow')}
        </button>
        <button
          type="button"
          className="quiet"
          disabled={isSending}
          onClick={() => onSelect(undefined)}
        >
          {t('others')}
        </button>
      </div>
      <p className="muted">{t('checkHint')}</p>
    </div>
  )
}
