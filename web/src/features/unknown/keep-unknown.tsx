import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type CollectionChanges, updateCollection } from '../../shared/api/collections.ts'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import './keep-unknown.css'

type Kept = CollectionDetails['keepUnknown']

const defaultHours = 72
/** A year. */
const mostHours = 8760

/** Whether the collection keeps faces that it could not name, for how long, and with pictures. */
export function KeepUnknown({ kept }: { readonly kept: Kept }): ReactNode {
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
      <p className="muted">{t(kept.crops ? 'onWithCrops' : 'on', { hours: kept.hours })}</p>
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

interface KeepFormProps {
  readonly kept: Kept
  readonly onDone: () => void
}

function KeepForm({ kept, onDone }: KeepFormProps): ReactNode {
  const t = useTranslations('unknown.keep')
  const app = useApp()
  const [crops, setCrops] = useState(kept?.crops ?? true)
  const [hours, setHours] = useState(String(kept?.hours ?? defaultHours))
  const [stopping, setStopping] = useState(false)
  const change = useChange({
    send: (keepUnknown: NonNullable<CollectionChanges['keepUnknown']> | null) =>
      updateCollection(app, { keepUnknown }),
    done: (_answer, wanted) => t(wanted === null ? 'stopped' : 'kept'),
    onDone,
  })
  return (
    <form
      className="keep-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        change.run({ crops, hours: Number(hours) })
      }}
    >
      <label className="check-field">
        <input
          type="checkbox"
          checked={crops}
          onChange={(event) => setCrops(event.target.checked)}
        />
        <span>{t('crops')}</span>
      </label>
      <label className="inline-field">
        <span>{t('hours')}</span>
        <input
          type="number"
          min={1}
          max={mostHours}
          step="any"
          required
          value={hours}
          onChange={(event) => setHours(event.target.value)}
        />
      </label>
      <button type="submit" className="primary" disabled={change.isPending}>
        {t(kept === undefined ? 'start' : 'save')}
      </button>
      {kept && (
        <button type="button" onClick={() => setStopping(true)}>
          {t('stop')}
        </button>
      )}
      {stopping && (
        <ConfirmDialog
          title={t('stopTitle')}
          action={t('stop')}
          onCancel={() => setStopping(false)}
          onConfirm={async () => {
            await change.runAsync(null).catch(() => undefined)
            setStopping(false)
          }}
        >
          {t('stopText')}
        </ConfirmDialog>
      )}
    </form>
  )
}
