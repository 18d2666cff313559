import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { CollectionHead } from './collection-head.tsx'
import { CropsPanel } from './crops-panel.tsx'
import { DecisionPanel } from './decision-panel.tsx'
import { DeletePanel } from './delete-panel.tsx'
import { UnknownPanel } from './unknown-panel.tsx'

/** How a collection decides, what it keeps, and its end. */
export function SettingsView(): ReactNode {
  const t = useTranslations('collections')
  const app = useApp()
  const details = useQuery(collectionOptions(app))
  return (
    <section aria-labelledby="settings-title" className="screenful">
      <CollectionHead id="settings-title" title={t('settingsTitle', { name: app.collection })} />
      <ProblemNotice error={details.error} onRetry={() => void details.refetch()} />
      {details.data && (
        <>
          <DecisionPanel details={details.data} />
          <div className="panels">
            <CropsPanel details={details.data} />
            <UnknownPanel key={JSON.stringify(details.data.keepUnknown)} details={details.data} />
          </div>
          <DeletePanel details={details.data} />
        </>
      )}
    </section>
  )
}
