import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { type Pair, pairKey } from '../../shared/examination/findings.ts'
import { usePair } from '../../shared/examination/use-pair.ts'
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

/** Nothing for a pair that has been decided since the examination. */
function Confusion({ pair }: { readonly pair: Pair }): ReactNode {
  const t = useTranslations('evaluation.confusions')
  const shared = useTranslations('shared')
  const { persons, isDecided } = usePair(pair)
  if (persons === undefined || isDecided) return null
  return (
    <li>
      <PersonPair
        persons={persons}
        faceIds={pair.faceIds}
        describe={({ faceCount }) => shared('faces', { count: faceCount })}
      />
      <p className="muted confusion-similarity">
        {t('similarity', { value: pair.similarity.toFixed(2) })}
      </p>
    </li>
  )
}
