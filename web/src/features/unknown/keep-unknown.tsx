import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { KeepForm, KeptNote } from '../../shared/strangers/keep-form.tsx'
import './keep-unknown.css'

/** Whether the collection keeps faces that it could not name, and how that is changed. */
export function KeepUnknown({
  kept,
}: {
  readonly kept: CollectionDetails['keepUnknown']
}): ReactNode {
  const t = useTranslations('unknown.keep')
  const [changing, setChanging] = useState(false)
  if (kept === undefined) {
    return (
      <div className="panel keep-unknown">
        <h2>{t('offTitle')}</h2>
        <p>{t('offText')}</p>
        <KeepForm kept={undefined} onDone={() => setChanging(false)} />
      </div>
    )
  }
  return (
    <div className="keep-unknown-line">
      <KeptNote kept={kept} />
      <button
        type="button"
        className="small quiet"
        aria-expanded={changing}
        onClick={() => setChanging(!changing)}
      >
        {t('change')}
      </button>
      {changing && (
        <div className="panel keep-unknown">
          <KeepForm kept={kept} onDone={() => setChanging(false)} />
        </div>
      )}
    </div>
  )
}
