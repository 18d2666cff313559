import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { strangerSightingsOptions } from '../../shared/api/sightings.ts'
import type { Sighting, Stranger } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { ShowMore } from '../../shared/show-more.tsx'
import { SightingPhoto } from './sighting-photo.tsx'

/** The API enrols at most so many at once. */
const mostChosen = 20

interface SightingListProps {
  readonly stranger: Stranger
  /** Ids of those that are to be enrolled; `undefined`: none can be chosen. */
  readonly chosen: ReadonlySet<string> | undefined
  readonly onChoose: (chosen: ReadonlySet<string>) => void
}

/** When and where a stranger was seen, latest first; the sightings to enrol can be chosen. */
export function SightingList({ stranger, chosen, onChoose }: SightingListProps): ReactNode {
  const t = useTranslations('unknown')
  const shared = useTranslations('shared')
  const list = useInfiniteQuery(strangerSightingsOptions(useApp(), stranger.id))
  const sightings = list.data?.pages.flatMap(({ items }) => items)

  function toggle(id: string): void {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChoose(next)
  }

  return (
    <div className="sightings">
      <h3>{t('sightings')}</h3>
      {chosen && (
        <p className="muted" aria-live="polite">
          {chosen.size === 0 ? t('bestAreTaken') : t('chosen', { count: chosen.size })}
        </p>
      )}
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {sightings === undefined && !list.error && <p className="muted">{shared('loading')}</p>}
      <ul className="sighting-grid" aria-label={t('sightings')}>
        {sightings?.map((sighting) => (
          <li key={sighting.id}>
            {chosen === undefined ? (
              <SightingCard sighting={sighting} />
            ) : (
              <label className="sighting-choice">
                <input
                  type="checkbox"
                  checked={chosen.has(sighting.id)}
                  disabled={chosen.size >= mostChosen && !chosen.has(sighting.id)}
                  onChange={() => toggle(sighting.id)}
                />
                <SightingCard sighting={sighting} />
              </label>
            )}
          </li>
        ))}
      </ul>
      <ShowMore list={list} />
    </div>
  )
}

/** A sighting with time and place. */
export function SightingCard({ sighting }: { readonly sighting: Sighting }): ReactNode {
  const t = useTranslations('unknown')
  return (
    <span className="sighting-card">
      <SightingPhoto sighting={sighting} />
      <span className="sighting-when">
        {t('at', { date: new Date(sighting.seenAt) })}
        {sighting.source !== undefined && <span className="muted">{sighting.source}</span>}
      </span>
    </span>
  )
}
