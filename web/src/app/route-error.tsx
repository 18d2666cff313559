import type { ErrorComponentProps } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { asProblem } from '../shared/api/problem.ts'
import { ProblemNotice } from '../shared/feedback/problem-notice.tsx'
import { useSession } from './session.ts'

/** In the place of a screen that failed: what happened, what to do, and the request's id. */
export function RouteError({ error }: ErrorComponentProps): ReactNode {
  const t = useTranslations('app.failed')
  const { connection } = useSession()
  const isGone = asProblem(error).code === 'unreachable'
  useEffect(() => {
    if (!isGone) return
    connection.report(false)
    // Browsers keep in mind that code could not be loaded: only a new document asks again.
    return connection.subscribe(() => {
      if (!connection.isLost()) window.location.reload()
    })
  }, [isGone, connection])
  return (
    <section>
      <h1 tabIndex={-1}>{t('title')}</h1>
      <ProblemNotice error={error} />
      <p>{t('text')}</p>
      <p>
        <button type="button" className="primary" onClick={() => window.location.reload()}>
          {t('reload')}
        </button>
      </p>
    </section>
  )
}
