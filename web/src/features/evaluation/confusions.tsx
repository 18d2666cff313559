import { useQueries } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../shared/api/persons.ts'
import { useApp } from '../../shared/app-context.ts'
import { type Pair, pairKey } from '../../shared/examination/findings.ts'
import { PersonPair } from '../../shared/persons/person-pair.tsx'

const shown = 4

/** The most similar persons who are enrolled as different ones. */
export function Confusions({ pairs }: { readonly pairs: readonly Pair[] }): ReactNode {
  const t = useTranslations('evaluation.confusions')
  const worst = pairs.toSorted((a, b) => b.similarity - a.similarity).slice(0, shown)
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      <p className="muted">{t('text')}</p>
      <ul className="confusions">
        {worst.map((pair) => (
          <Confusion key={pairKey(pair)} pair={pair} />
        ))}
      </ul>
      <div>
        <Link className="button primary" to="/collections/examination">
          {t('decide')}
        </Link>
      </div>
    </div>
  )
}

/** Nothing for a pair of whom somebody is gone since the examination. */
function Confusion({ pair }: { readonly pair: Pair }): ReactNode {
  const t = useTranslations('evaluation.confusions')
  const shared = useTranslations('shared')
  const app = useApp()
  const results = useQueries({
    queries: pair.personIds.map((id) => ({ ...personOptions(app, id), retry: false })),
  })
  const [one, other] = results.map(({ data }) => data)
  if (one === undefined || other === undefined) return null
  return (
    <li>
      <PersonPair
        persons={[one, other]}
        faceIds={pair.faceIds}
        describe={({ faceCount }) => shared('faces', { count: faceCount })}
      />
      <p className="muted confusion-similarity">
        {t('similarity', { value: pair.similarity.toFixed(2) })}
      </p>
    </li>
  )
}
