import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { recentProblemsOptions } from '../../shared/api/system.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { hasText } from '../../shared/text/has-text.ts'
import { SystemHead } from './system-head.tsx'

const everyMs = 5_000

/** The errors that the server answered last, each with the id that its log knows. */
export function ProblemsView(): ReactNode {
  const t = useTranslations('system.problems')
  const problems = useTranslations('problems')
  const format = useFormatter()
  const { api } = useApp()
  const list = useQuery({ ...recentProblemsOptions(api), refetchInterval: everyMs })
  return (
    <section aria-labelledby="problems-title" className="screenful">
      <SystemHead id="problems-title" title={t('title')} />
      <p className="muted">{t('lead')}</p>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {list.data?.length === 0 && <p className="empty">{t('none')}</p>}
      {list.data !== undefined && list.data.length > 0 && (
        <div className="panel">
          <table className="data-table">
            <caption className="visually-hidden">{t('title')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('when')}</th>
                <th scope="col">{t('what')}</th>
                <th scope="col">{t('request')}</th>
                <th scope="col">{t('id')}</th>
              </tr>
            </thead>
            <tbody>
              {list.data.map(({ at, requestId, method, route, status, code }) => (
                <tr key={requestId}>
                  <th scope="row">
                    {format.dateTime(new Date(at), { dateStyle: 'medium', timeStyle: 'medium' })}
                  </th>
                  <td>
                    {hasText(problems, code) && problems(code)} <code>{code}</code>{' '}
                    <span className={status >= 500 ? 'bad' : 'muted'}>{status}</span>
                  </td>
                  <td data-column={t('request')}>
                    <code>
                      {method} {route}
                    </code>
                  </td>
                  <td data-column={t('id')} className="request-id">
                    {requestId}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
