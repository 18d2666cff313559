import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { type ApiProblem, isLocked } from '../shared/api/problem.ts'
import { Notice } from '../shared/feedback/notice.tsx'
import { problemText } from '../shared/feedback/problem-text.ts'
import { useSession } from './session.ts'

interface ConnectionBannerProps {
  readonly problem: ApiProblem | undefined
  readonly onRetry: () => void
}

/** Says that the server is gone or locked, and what is done about it. */
export function ConnectionBanner({ problem, onRetry }: ConnectionBannerProps): ReactNode {
  const t = useTranslations('app')
  const problems = useTranslations('problems')
  const { askToSignIn } = useSession()
  if (problem === undefined) return null
  const locked = isLocked(problem)
  const weak = problem.code === 'missingScope'
  const changeAndRetry = async () => {
    if (await askToSignIn()) onRetry()
  }
  return (
    <Notice
      kind="bad"
      title={problemText(problems, problem)}
      actions={
        <button type="button" onClick={() => (weak ? void changeAndRetry() : onRetry())}>
          {weak ? t('signInDifferently') : locked ? t('signIn') : t('connection.tryNow')}
        </button>
      }
    >
      {locked ? undefined : t('connection.retrying')}
    </Notice>
  )
}
