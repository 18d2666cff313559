import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { asProblem, isTemporary } from '../api/problem.ts'
import { Notice } from './notice.tsx'
import { problemText } from './problem-text.ts'

interface ProblemNoticeProps {
  /** What was thrown; nothing is shown without it. */
  readonly error: unknown
  /** Offered as a button where trying again may help. */
  readonly onRetry?: (() => void) | undefined
}

/** Says what happened, what to do, and the id of the request for whoever reads the server's log. */
export function ProblemNotice({ error, onRetry }: ProblemNoticeProps): ReactNode {
  const t = useTranslations('problems')
  const shared = useTranslations('shared')
  if (error === undefined || error === null) return null
  const problem = asProblem(error)
  if (problem.code === 'aborted') return null
  const { requestId } = problem.details
  return (
    <Notice
      kind={isTemporary(problem) ? 'warning' : 'bad'}
      actions={
        onRetry && (
          <button type="button" onClick={onRetry}>
            {shared('tryAgain')}
          </button>
        )
      }
    >
      {problemText(t, problem)}
      {requestId !== undefined && (
        <p className="request-id">{shared('requestId', { id: requestId })}</p>
      )}
    </Notice>
  )
}
