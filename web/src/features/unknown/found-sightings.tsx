import { type UseInfiniteQueryResult, useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionKey } from '../../shared/api/keys.ts'
import { personSightingsOptions } from '../../shared/api/sightings.ts'
import { searchSightings } from '../../shared/api/strangers.ts'
import type { Page, ResemblingSighting, Sighting } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { rateText } from '../../shared/rates.ts'
import { ShowMore } from '../../shared/show-more.tsx'
import { SightingCard } from './sighting-list.tsx'

/** Sightings that resemble the face of a photograph, latest first. */
export function SimilarSightings({ photo }: { readonly photo: File }): ReactNode {
  const app = useApp()
  const list = useInfiniteQuery({
    queryKey: [
      ...collectionKey(app.collection),
      ...['resembling', photo.name, photo.size, photo.lastModified],
    ],
    queryFn: ({ pageParam }) =>
      searchSightings(app, photo, pageParam === '' ? undefined : pageParam),
    initialPageParam: '',
    getNextPageParam: (page: Page<ResemblingSighting>) => page.nextCursor,
    // A photograph that cannot be compared cannot be compared the next time either.
    retry: false,
  })
  return <Found list={list} items={list.data?.pages.flatMap(({ items }) => items)} />
}

/** Sightings of a stranger who turned out to be a person, latest first. */
export function PersonSightings({ person }: { readonly person: string }): ReactNode {
  const list = useInfiniteQuery(personSightingsOptions(useApp(), person))
  return <Found list={list} items={list.data?.pages.flatMap(({ items }) => items)} />
}

type FoundSighting = Sighting & Partial<Pick<ResemblingSighting, 'fmr' | 'fmrExtrapolated'>>

interface FoundProps {
  readonly list: UseInfiniteQueryResult
  readonly items: readonly FoundSighting[] | undefined
}

function Found({ list, items }: FoundProps): ReactNode {
  const t = useTranslations('unknown.find')
  const shared = useTranslations('shared')
  return (
    <div className="panel">
      <p aria-live="polite">
        {list.isPending && t('searching')}
        {items && t(list.hasNextPage ? 'foundMore' : 'found', { count: items.length })}
      </p>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      <ul className="sighting-grid">
        {items?.map((sighting) => (
          <li key={sighting.id} className="found-sighting">
            <SightingCard sighting={sighting} />
            {sighting.fmr !== undefined && (
              <span className="muted">
                {t('rate', { rate: rateText(shared, sighting.fmr, sighting.fmrExtrapolated) })}
              </span>
            )}
            {sighting.strangerId !== undefined && (
              <Link to="/unknown" search={{ stranger: sighting.strangerId }}>
                {t('open')}
              </Link>
            )}
          </li>
        ))}
      </ul>
      <ShowMore list={list} />
    </div>
  )
}
