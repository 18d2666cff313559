import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import type { useSuggestions } from './use-suggestions.ts'
import './merge.css'

/** When pairs were looked for, and the button that looks again. */
export function FindPairs({
  suggestions,
}: {
  readonly suggestions: ReturnType<typeof useSuggestions>
}): ReactNode {
  const t = useTranslations('merge')
  const { endedAt, isFinding, progress, find, error } = suggestions
  return (
    <>
      <ProblemNotice error={error} />
      <div className="find-pairs">
        <p className="muted">
          {endedAt === undefined ? t('neverLooked') : t('lookedAt', { date: new Date(endedAt) })}
        </p>
        <button type="button" disabled={isFinding} onClick={find}>
          {t(endedAt === undefined ? 'look' : 'lookAgain')}
        </button>
        <p className="muted" role="status">
          {isFinding && t('looking', { done: progress?.done ?? 0 })}
        </p>
      </div>
    </>
  )
}
