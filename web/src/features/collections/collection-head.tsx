import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { SubNav } from '../../shared/sub-nav.tsx'
import './collections.css'

interface CollectionHeadProps {
  readonly id: string
  readonly title: string
}

/** The heading of a part of a collection, and the way to the other parts. */
export function CollectionHead({ id, title }: CollectionHeadProps): ReactNode {
  const t = useTranslations('collections')
  return (
    <>
      <p className="way-back">
        <Link to="/collections">{t('back')}</Link>
      </p>
      <h1 id={id} tabIndex={-1}>
        {title}
      </h1>
      <SubNav
        label={t('parts.label')}
        links={[
          { to: '/collections/settings', label: t('parts.settings') },
          { to: '/collections/model', label: t('parts.model') },
          { to: '/collections/examination', label: t('parts.examination') },
        ]}
      />
    </>
  )
}
