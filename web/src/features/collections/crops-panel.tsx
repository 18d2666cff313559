import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { updateCollection } from '../../shared/api/collections.ts'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'

/** Whether photographs of faces are kept: explained in two sentences, done by one click. */
export function CropsPanel({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections.crops')
  const app = useApp()
  const change = useChange({
    send: (storeCrops: boolean) => updateCollection(app, { storeCrops }),
    done: (_answer, storeCrops) => t(storeCrops ? 'turnedOn' : 'turnedOff'),
    undo: (_answer, storeCrops) => () => updateCollection(app, { storeCrops: !storeCrops }),
  })
  const { storeCrops } = details
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      {!storeCrops && <p>{t('first')}</p>}
      <p className="muted">{t(storeCrops ? 'on' : 'off')}</p>
      <div>
        <button
          type="button"
          className={storeCrops ? '' : 'primary'}
          disabled={change.isPending}
          onClick={() => change.run(!storeCrops)}
        >
          {t(storeCrops ? 'turnOff' : 'turnOn')}
        </button>
      </div>
    </div>
  )
}
