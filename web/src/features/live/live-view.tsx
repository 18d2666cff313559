import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, type ReactNode, Suspense } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { LiveCamera } from './live-camera.tsx'

const route = getRouteApi('/live')

const EnrolmentGuide = lazy(async () => ({
  default: (await import('./guide/enrolment-guide.tsx')).EnrolmentGuide,
}))

/** Who is in front of the camera? Or, with the guide, somebody new before it. */
export function LiveView(): ReactNode {
  const t = useTranslations('live')
  const { guide } = route.useSearch()
  const { data: details } = useQuery(collectionOptions(useApp()))
  return (
    <section aria-labelledby="live-title">
      <div className="view-head">
        <div>
          <h1 id="live-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t(guide ? 'guide.lead' : 'lead')}</p>
        </div>
        {guide ? (
          <Link className="button" to="/live">
            <Icon name="live" /> {t('guide.leave')}
          </Link>
        ) : (
          <Link className="button" to="/live" search={{ guide: true }}>
            <Icon name="plus" /> {t('guide.open')}
          </Link>
        )}
      </div>
      {guide ? (
        <Suspense fallback={null}>
          <EnrolmentGuide />
        </Suspense>
      ) : (
        <>
          {details?.faces === 0 && (
            <Notice kind="info" title={t('nobodyTitle')}>
              {t('nobodyText')}
            </Notice>
          )}
          <LiveCamera />
        </>
      )}
    </section>
  )
}
