import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'

/** Says that an address leads nowhere. */
export function NotFound(): ReactNode {
  const t = useTranslations('app.notFound')
  return (
    <section>
      <h1 tabIndex={-1}>{t('title')}</h1>
      <p>{t('text')}</p>
      <p>
        <Link className="button primary" to="/">
          {t('start')}
        </Link>
      </p>
    </section>
  )
}
