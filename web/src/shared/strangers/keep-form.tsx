import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type CollectionChanges, updateCollection } from '../api/collections.ts'
import type { CollectionDetails } from '../api/types.ts'
import { useChange } from '../api/use-change.ts'
import { useApp } from '../app-context.ts'
import { ConfirmDialog } from '../dialog/confirm-dialog.tsx'
import { type TimeUnit, toHours, toKeptTime } from './kept-time.ts'
import './keep-form.css'

const defaultHours = 72
/** A year. */
const mostHours = 8760

interface KeepFormProps {
  /** How they are kept now; `undefined`: not at all. */
  readonly kept: CollectionDetails['keepUnknown']
  readonly onDone?: () => void
}

/** Whether the collection keeps faces that it could not name, for how long, and with pictures. */
export function KeepForm({ kept, onDone }: KeepFormProps): ReactNode {
  const t = useTranslations('unknown.keep')
  const app = useApp()
  const before = toKeptTime(kept?.hours ?? defaultHours)
  const [crops, setCrops] = useState(kept?.crops ?? true)
  const [value, setValue] = useState(String(before.value))
  const [unit, setUnit] = useState(before.unit)
  const [stopping, setStopping] = useState(false)
  const change = useChange({
    send: (keepUnknown: NonNullable<CollectionChanges['keepUnknown']> | null) =>
      updateCollection(app, { keepUnknown }),
    done: (_answer, wanted) => t(wanted === null ? 'stopped' : 'kept'),
    ...(onDone === undefined ? {} : { onDone }),
  })
  return (
    <form
      className="keep-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        change.run({ crops, hours: toHours(Number(value), unit) })
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
      <span className="keep-form-time">
        <label className="inline-field">
          <span>{t('time')}</span>
          <input
            type="number"
            min={1}
            max={unit === 'days' ? toKeptTime(mostHours).value : mostHours}
            step="any"
            required
            value={value}
            onChange={(event) => setValue(event.target.value)}
          />
        </label>
        <select
          aria-label={t('unit')}
          value={unit}
          onChange={(event) => setUnit(event.target.value as TimeUnit)}
        >
          <option value="hours">{t('units.hours')}</option>
          <option value="days">{t('units.days')}</option>
        </select>
      </span>
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
          title={t('stopTitle', { name: app.collection })}
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

/** How long faces are kept that could not be named, and whether with pictures. */
export function KeptNote({
  kept,
}: {
  readonly kept: NonNullable<CollectionDetails['keepUnknown']>
}): ReactNode {
  const t = useTranslations('unknown.keep')
  const { value, unit } = toKeptTime(kept.hours)
  const time = t(`length.${unit}`, { count: value })
  return <p className="muted">{t(kept.crops ? 'onWithCrops' : 'on', { time })}</p>
}
