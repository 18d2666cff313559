import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../shared/icons.tsx'

/** Says what leaves the device and what is kept. */
export function PrivacyNote({ storeCrops }: { readonly storeCrops: boolean }): ReactNode {
  const t = useTranslations('app.privacy')
  const b = (words: ReactNode) => <strong>{words}</strong>
  return (
    <details className="privacy">
      <summary>
        <Icon name="shield" /> {t('title')}
      </summary>
      <ul>
        <li>{t.rich('identifying', { b })}</li>
        <li>{t.rich(storeCrops ? 'addingWithCrops' : 'adding', { b })}</li>
        <li>{t.rich('deleting', { b })}</li>
      </ul>
    </details>
  )
}
