import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useFormatter, useTranslations } from 'use-intl'
import { jobsOptions } from '../../shared/api/jobs.ts'
import type { Job } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'

/** Evaluations that the command line has run with this database. */
export function PastEvaluations(): ReactNode {
  const t = useTranslations('evaluation.runs')
  const { api } = useApp()
  const list = useInfiniteQuery(jobsOptions(api, { kind: 'evaluation' }))
  const runs = list.data?.pages.flatMap(({ items }) => items)
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      <p className="muted">
        {t('text', { command: 'face-watcher evaluate identify --data people/' })}
      </p>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {runs?.length === 0 && <p className="muted">{t('none')}</p>}
      {runs !== undefined && runs.length > 0 && (
        <table className="data-table">
          <caption className="visually-hidden">{t('title')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('when')}</th>
              <th scope="col">{t('protocol')}</th>
              <th scope="col">{t('model')}</th>
              <th scope="col">{t('data')}</th>
              <th scope="col">{t('outcome')}</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Run key={run.id} run={run} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

function Run({ run }: { readonly run: Job }): ReactNode {
  const t = useTranslations('evaluation.runs')
  const jobs = useTranslations('jobs.states')
  const format = useFormatter()
  const { input, result, failure, state, createdAt } = run
  return (
    <tr>
      <th scope="row">{format.dateTime(new Date(createdAt), { dateStyle: 'medium' })}</th>
      <td data-column={t('protocol')}>{String(input.protocol ?? '')}</td>
      <td data-column={t('model')}>{String(input.modelId ?? '')}</td>
      <td data-column={t('data')}>{String(input.data ?? '')}</td>
      <td data-column={t('outcome')}>
        {failure?.message ?? (result === undefined ? jobs(state) : toNumbers(result))}
      </td>
    </tr>
  )
}

/** The plain numbers of a result, by the names of the result file. */
function toNumbers(result: Readonly<Record<string, unknown>>): string {
  return Object.entries(result)
    .flatMap(([name, value]) =>
      typeof value === 'number' ? [`${name} ${Number(value.toPrecision(4))}`] : [],
    )
    .join(', ')
}
