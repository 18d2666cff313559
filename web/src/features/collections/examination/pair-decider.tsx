import { useQueries } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../../shared/api/persons.ts'
import { asProblem } from '../../../shared/api/problem.ts'
import { useApp } from '../../../shared/app-context.ts'
import { type Pair, pairKey } from '../../../shared/examination/findings.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { PairCard } from './pair-card.tsx'

/** Pairs that look like one person, one after the other. */
export function PairDecider({ pairs }: { readonly pairs: readonly Pair[] }): ReactNode {
  const t = useTranslations('examination.pairs')
  const [decided, setDecided] = useState<ReadonlySet<string>>(new Set())
  const open = pairs.filter((pair) => !decided.has(pairKey(pair)))
  const [pair] = open
  const decide = (key: string) => setDecided((before) => new Set([...before, key]))
  const reopen = (key: string) =>
    setDecided((before) => new Set([...before].filter((one) => one !== key)))
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      {pair === undefined ? (
        <p className="muted" role="status">
          {t(pairs.length === 0 ? 'noPairs' : 'done')}
        </p>
      ) : (
        <>
          <p>{t('text')}</p>
          <p className="muted" aria-live="polite">
            {t('left', { count: open.length })}
          </p>
          <OpenPair
            key={pairKey(pair)}
            pair={pair}
            takesFocus={decided.size > 0}
            onDecided={() => decide(pairKey(pair))}
            onReopened={() => reopen(pairKey(pair))}
          />
        </>
      )}
    </div>
  )
}

interface OpenPairProps {
  readonly pair: Pair
  readonly takesFocus: boolean
  readonly onDecided: () => void
  readonly onReopened: () => void
}

/** A pair whose persons are loaded; one of whom somebody is gone meanwhile is decided. */
function OpenPair(props: OpenPairProps): ReactNode {
  const { pair, onDecided } = props
  const shared = useTranslations('shared')
  const app = useApp()
  const results = useQueries({
    queries: pair.personIds.map((id) => ({ ...personOptions(app, id), retry: false })),
  })
  const [one, other] = results.map(({ data }) => data)
  const error = results.find((result) => result.error !== null)?.error
  const isGone = error != null && asProblem(error).details.status === 404
  const decide = useRef(onDecided)
  decide.current = onDecided
  useEffect(() => {
    if (isGone) decide.current()
  }, [isGone])
  if (error != null && !isGone) return <ProblemNotice error={error} />
  if (one === undefined || other === undefined || isGone) {
    return <p className="muted">{shared('loading')}</p>
  }
  return <PairCard {...props} persons={[one, other]} />
}
