import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { asProblem } from '../../shared/api/problem.ts'
import { Notice } from '../../shared/feedback/notice.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** Says why photographs could not be sent. */
export function StartProblem({ error }: { readonly error: Error | null }): ReactNode {
  const t = useTranslations('addMany')
  if (error === null) return null
  // The general sentence is about one photograph.
  if (asProblem(error).code === 'payloadTooLarge')
    return <Notice kind="bad">{t('tooLarge')}</Notice>
  return <ProblemNotice error={error} />
}
