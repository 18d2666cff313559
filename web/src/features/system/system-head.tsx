import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { SubNav } from '../../shared/sub-nav.tsx'
import '../../shared/data-table.css'
import './system.css'

/** The heading of a part of the system, and the way to the other parts. */
export function SystemHead({
  id,
  title,
}: {
  readonly id: string
  readonly title: string
}): ReactNode {
  const t = useTranslations('system.parts')
  return (
    <>
      <h1 id={id} tabIndex={-1}>
        {title}
      </h1>
      <SubNav
        label={t('label')}
        links={[
          { to: '/system', label: t('health') },
          { to: '/system/models', label: t('models') },
          { to: '/system/jobs', label: t('jobs') },
          { to: '/system/keys', label: t('keys') },
          { to: '/system/problems', label: t('problems') },
          { to: '/system/configuration', label: t('configuration') },
        ]}
      />
    </>
  )
}
