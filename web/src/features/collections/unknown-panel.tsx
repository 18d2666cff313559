import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { CollectionDetails } from '../../shared/api/types.ts'
import { KeepForm, KeptNote } from '../../shared/strangers/keep-form.tsx'

/** Whether people who are not enrolled are kept, for how long, and with pictures. */
export function UnknownPanel({ details }: { readonly details: CollectionDetails }): ReactNode {
  const t = useTranslations('collections.unknown')
  const { keepUnknown } = details
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      {keepUnknown === undefined ? (
        <>
          <p>{t('first')}</p>
          <p className="muted">{t('off')}</p>
        </>
      ) : (
        <KeptNote kept={keepUnknown} />
      )}
      <KeepForm kept={keepUnknown} />
    </div>
  )
}
