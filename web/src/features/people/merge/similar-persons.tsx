import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../../shared/api/types.ts'
import { FindPairs } from './find-pairs.tsx'
import { PairCard } from './pair-card.tsx'
import { useSuggestions } from './use-suggestions.ts'

/** Who may be the same as a person. */
export function SimilarPersons({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('merge')
  const people = useTranslations('people')
  const suggestions = useSuggestions()
  const pairs = suggestions.pairs?.filter(({ personIds }) => personIds.includes(person.id))
  return (
    <div className="person-part">
      <p>{t('similarText', { name: person.name })}</p>
      <FindPairs suggestions={suggestions} />
      {pairs?.length === 0 && <p>{t('nobodySimilar', { name: person.name })}</p>}
      <ul className="pairs" aria-label={t('similarTo', { name: person.name })}>
        {pairs?.map((pair) => (
          <PairCard key={pair.personIds.join()} pair={pair} />
        ))}
      </ul>
      <p>
        <Link to="/people/twice">{people('twice')}</Link>
      </p>
    </div>
  )
}
