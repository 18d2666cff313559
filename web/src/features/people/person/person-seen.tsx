import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { personSightingsOptions, sightingCropOptions } from '../../../shared/api/sightings.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { CropPhoto } from '../../../shared/photos/crop-photo.tsx'
import { ShowMore } from '../../../shared/show-more.tsx'

/** Where and when a person was seen. */
export function PersonSeen({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('person')
  const shared = useTranslations('shared')
  const app = useApp()
  const list = useInfiniteQuery(personSightingsOptions(app, person.id))
  const sightings = list.data?.pages.flatMap(({ items }) => items)
  const { lastSeenAt, name } = person
  return (
    <div className="person-part">
      <p>
        {lastSeenAt === undefined
          ? t('neverRecognised', { name })
          : t('recognised', { name, date: new Date(lastSeenAt) })}
      </p>
      <h2 id="seen-title">{t('seenTitle')}</h2>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {sightings === undefined && !list.error && <p className="muted">{shared('loading')}</p>}
      {sightings?.length === 0 && <p className="muted">{t('noSightings', { name })}</p>}
      <ul className="sightings" aria-labelledby="seen-title">
        {sightings?.map((sighting) => {
          const date = new Date(sighting.seenAt)
          return (
            <li key={sighting.id} className="face-card">
              <CropPhoto
                crop={sightingCropOptions(app, sighting.id)}
                hasCrop={sighting.hasCrop}
                label={t('sightingOf', { name, date })}
              />
              <p className="face-card-text">
                {t('seenAt', { date })}
                {sighting.source !== undefined && (
                  <span className="muted">
                    {' '}
                    <bdi>{sighting.source}</bdi>
                  </span>
                )}
              </p>
            </li>
          )
        })}
      </ul>
      <ShowMore list={list} />
    </div>
  )
}
