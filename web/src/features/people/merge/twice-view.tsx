import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { ShowMore, useFirstItems } from '../../../shared/show-more.tsx'
import { FindPairs } from './find-pairs.tsx'
import { PairCard } from './pair-card.tsx'
import { useSuggestions } from './use-suggestions.ts'

const step = 20

/** Persons of the collection who may be there twice, to be merged or said to be different. */
export function TwiceView(): ReactNode {
  const t = useTranslations('merge')
  const person = useTranslations('person')
  const suggestions = useSuggestions()
  const { pairs } = suggestions
  const { shown, list } = useFirstItems(pairs ?? [], step)
  return (
    <section aria-labelledby="twice-title">
      <p>
        <Link className="back-link" to="/people">
          {person('back')}
        </Link>
      </p>
      <div>
        <h1 id="twice-title" tabIndex={-1}>
          {t('twiceTitle')}
        </h1>
        <p className="lead">{t('twiceText')}</p>
      </div>
      <FindPairs suggestions={suggestions} />
      {pairs?.length === 0 && <p>{t('noPairs')}</p>}
      <ul className="pairs" aria-labelledby="twice-title">
        {shown.map((pair) => (
          <PairCard key={pair.personIds.join()} pair={pair} />
        ))}
      </ul>
      <ShowMore list={list} />
    </section>
  )
}
