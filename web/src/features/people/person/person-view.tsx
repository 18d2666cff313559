import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../../shared/api/persons.ts'
import { asProblem } from '../../../shared/api/problem.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { HistoryList } from '../history/history-list.tsx'
import { SimilarPersons } from '../merge/similar-persons.tsx'
import { PersonDetails } from './person-details.tsx'
import { PersonHead } from './person-head.tsx'
import { PersonPhotos } from './person-photos.tsx'
import { PersonSeen } from './person-seen.tsx'
import { PersonStatements } from './person-statements.tsx'
import { type PersonPart, personParts } from './search.ts'
import './person.css'

const route = getRouteApi('/people/$person')

/** Everything about one person, and everything that can be done with one. */
export function PersonView(): ReactNode {
  const t = useTranslations('person')
  const shared = useTranslations('shared')
  const { person: id } = route.useParams()
  const { part = 'photos' } = route.useSearch()
  const { data: person, error } = useQuery(personOptions(useApp(), id))
  const parts = useRef<HTMLElement>(null)
  const isThere = person !== undefined
  // On a narrow screen the row of parts scrolls sideways.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another part is another link
  useEffect(() => {
    const current = parts.current?.querySelector('[aria-current]')
    current?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [part, isThere])

  if (person === undefined) {
    return (
      <section>
        {error !== null && <h1 tabIndex={-1}>{t('title')}</h1>}
        {error === null && <p className="muted">{shared('loading')}</p>}
        <ProblemNotice error={error} />
        {error !== null && <AllPeople />}
      </section>
    )
  }
  // The person was deleted while the page was open.
  const isGone = error !== null && asProblem(error).details.status === 404
  return (
    <section className="person-page">
      <AllPeople />
      <PersonHead person={person} />
      {error !== null && <ProblemNotice error={error} />}
      {!isGone && (
        <>
          <nav ref={parts} className="person-parts" aria-label={t('parts')}>
            {personParts.map((one) => (
              <Link
                key={one}
                to="/people/$person"
                params={{ person: id }}
                search={one === 'photos' ? {} : { part: one }}
                replace
                resetScroll={false}
                aria-current={one === part ? 'page' : undefined}
                activeOptions={{ exact: true }}
              >
                {t(`part.${one}`)}
              </Link>
            ))}
          </nav>
          <Part key={id} part={part} person={person} />
        </>
      )}
    </section>
  )
}

function AllPeople(): ReactNode {
  const t = useTranslations('person')
  return (
    <p>
      <Link className="back-link" to="/people">
        {t('back')}
      </Link>
    </p>
  )
}

function Part({ part, person }: { readonly part: PersonPart; readonly person: Person }): ReactNode {
  switch (part) {
    case 'photos':
      return <PersonPhotos person={person} />
    case 'details':
      return <PersonDetails person={person} />
    case 'similar':
      return <SimilarPersons person={person} />
    case 'said':
      return <PersonStatements person={person} />
    case 'seen':
      return <PersonSeen person={person} />
    case 'history':
      return <HistoryList person={person.id} />
  }
}
