import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { LiveCamera } from './live-camera.tsx'

/** Who is in front of the camera? */
export function LiveView(): ReactNode {
  const t = useTranslations('live')
  const { data: details } = useQuery(collectionOptions(useApp()))
  return (
    <section aria-labelledby="live-title">
      <div>
        <h1 id="live-title" tabIndex={-1}>
          {t('title')}
        </h1>
        <p className="lead">{t('lead')}</p>
      </div>
      {details?.faces === 0 && (
        <Notice kind="info" title={t('nobodyTitle')}>
          {t('nobodyText')}
        </Notice>
      )}
      <LiveCamera />
    </section>
  )
}
