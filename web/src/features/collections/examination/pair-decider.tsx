import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Pair, pairKey } from '../../../shared/examination/findings.ts'
import { usePair } from '../../../shared/examination/use-pair.ts'
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

/** A pair whose persons are loaded; one that has been decided since the examination is passed over. */
function OpenPair(props: OpenPairProps): ReactNode {
  const { pair, onDecided } = props
  const shared = useTranslations('shared')
  const { persons, isDecided, error } = usePair(pair)
  const decide = useRef(onDecided)
  decide.current = onDecided
  useEffect(() => {
    if (isDecided) decide.current()
  }, [isDecided])
  if (error !== undefined) return <ProblemNotice error={error} />
  if (persons === undefined || isDecided) return <p className="muted">{shared('loading')}</p>
  return <PairCard {...props} persons={persons} />
}
