import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type CollectionChanges, updateCollection } from '../../shared/api/collections.ts'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'

type KeepUnknown = NonNullable<CollectionChanges['keepUnknown']>

const hoursOfDay = 24

/** Whether people who are not enrolled are kept, for how long, and with a photograph. */
export function UnknownPanel({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections.unknown')
  const app = useApp()
  const { keepUnknown } = details
  const keptDays = Math.max(1, Math.round((keepUnknown?.hours ?? 0) / hoursOfDay))
  const [days, setDays] = useState(keptDays)
  const [crops, setCrops] = useState(keepUnknown?.crops ?? false)
  const [stopping, setStopping] = useState(false)
  const change = useChange({
    send: (wanted: KeepUnknown | null) => updateCollection(app, { keepUnknown: wanted }),
    done: (_answer, wanted) =>
      wanted === null ? t('turnedOff') : t(keepUnknown === undefined ? 'turnedOn' : 'saved'),
  })
  const isChanged = days !== keptDays || crops !== keepUnknown?.crops
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      {keepUnknown === undefined ? (
        <>
          <p>{t('first')}</p>
          <p className="muted">{t('off')}</p>
          <div>
            <button
              type="button"
              className="primary"
              disabled={change.isPending}
              onClick={() => change.run({})}
            >
              {t('keep')}
            </button>
          </div>
        </>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault()
            change.run({ hours: days * hoursOfDay, crops })
          }}
        >
          <p className="muted">{t('on', { days: keptDays })}</p>
          <label className="field narrow-field">
            <span>{t('days')}</span>
            <input
              type="number"
              required
              min={1}
              max={365}
              value={days}
              onChange={(event) => setDays(event.target.valueAsNumber)}
            />
          </label>
          <label className="choice">
            <input
              type="checkbox"
              checked={crops}
              onChange={(event) => setCrops(event.target.checked)}
            />
            <span>{t('photographs')}</span>
          </label>
          <div className="actions">
            <button type="submit" className="primary" disabled={!isChanged || change.isPending}>
              {t('save')}
            </button>
            <button type="button" onClick={() => setStopping(true)}>
              {t('stop')}
            </button>
          </div>
        </form>
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
    </div>
  )
}
