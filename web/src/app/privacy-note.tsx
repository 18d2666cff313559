import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { CollectionDetails } from '../shared/api/types.ts'
import { Icon } from '../shared/icons.tsx'

interface PrivacyNoteProps {
  /** Of the collection; nothing is kept before it is known. */
  readonly details: CollectionDetails | undefined
}

/** Says what leaves the device and what is kept. */
export function PrivacyNote({ details }: PrivacyNoteProps): ReactNode {
  const t = useTranslations('app.privacy')
  const b = (words: ReactNode) => <strong>{words}</strong>
  return (
    <details className="privacy">
      <summary>
        <Icon name="shield" /> {t('title')}
      </summary>
      <ul>
        <li>
          {details?.keepUnknown === undefined
            ? t.rich('identifying', { b })
            : t.rich('identifyingKept', { b, hours: details.keepUnknown.hours })}
        </li>
        <li>{t.rich(details?.storeCrops ? 'addingWithCrops' : 'adding', { b })}</li>
        <li>{t.rich('deleting', { b })}</li>
      </ul>
    </details>
  )
}
