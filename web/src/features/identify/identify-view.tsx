import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { useApp } from '../../shared/app-context.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { Segmented } from '../../shared/segmented.tsx'
import { IdentifyCamera } from './identify-camera.tsx'
import { IdentifyPhoto } from './identify-photo.tsx'

/** Finds out who is in front of the camera or in a photo. */
export function IdentifyView(): ReactNode {
  const t = useTranslations('identify')
  const { data: details } = useQuery(collectionOptions(useApp()))
  const [source, setSource] = useState<'camera' | 'photo'>('camera')
  return (
    <section aria-labelledby="identify-title">
      <div className="view-head">
        <div>
          <h1 id="identify-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        <Segmented
          label={t('source')}
          value={source}
          options={[
            { value: 'camera', label: t('camera'), icon: 'camera' },
            { value: 'photo', label: t('photo'), icon: 'image' },
          ]}
          onChange={setSource}
        />
      </div>
      {details?.faces === 0 && (
        <Notice
          kind="info"
          title={t('nobodyTitle')}
          actions={
            <Link className="button" to="/add-photos">
              {t('addSomeone')}
            </Link>
          }
        >
          {t('nobodyText')}
        </Notice>
      )}
      {source === 'camera' ? <IdentifyCamera /> : <IdentifyPhoto />}
    </section>
  )
}
