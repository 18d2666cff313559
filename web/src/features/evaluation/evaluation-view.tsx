import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { jobItemsOptions } from '../../shared/api/jobs.ts'
import { asProblem } from '../../shared/api/problem.ts'
import { reportOptions } from '../../shared/api/report.ts'
import { useApp } from '../../shared/app-context.ts'
import { toFindings } from '../../shared/examination/findings.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Confusions } from './confusions.tsx'
import { MeasurePanel } from './measure-panel.tsx'
import { ModelErrors } from './model-errors.tsx'
import { OwnErrors } from './own-errors.tsx'
import { PastEvaluations } from './past-evaluations.tsx'
import '../../shared/data-table.css'
import './evaluation.css'

/** How well the collection and its model recognise: curves, histograms, confusions. */
export function EvaluationView(): ReactNode {
  const t = useTranslations('evaluation')
  const app = useApp()
  const report = useQuery({ ...reportOptions(app), retry: false })
  const isMissing = report.error !== null && asProblem(report.error).code === 'notFound'
  const items = useInfiniteQuery({
    ...jobItemsOptions(app.api, report.data?.jobId ?? ''),
    enabled: report.data !== undefined,
  })
  const findings = toFindings(items.data?.pages.flatMap((page) => page.items) ?? [])
  return (
    <section aria-labelledby="evaluation-title">
      <div>
        <h1 id="evaluation-title" tabIndex={-1}>
          {t('title')}
        </h1>
        <p className="lead">{t('lead')}</p>
      </div>
      <ModelErrors />
      <div className="panel">
        <h2>{t('own.title')}</h2>
        {report.data ? (
          <OwnErrors report={report.data} findings={findings} />
        ) : isMissing ? (
          <p className="muted">{t('own.none')}</p>
        ) : (
          <ProblemNotice error={report.error} onRetry={() => void report.refetch()} />
        )}
        {isMissing && (
          <div>
            <Link className="button primary" to="/collections/examination">
              {t('own.examine')}
            </Link>
          </div>
        )}
      </div>
      {findings.pairs.length > 0 && <Confusions pairs={findings.pairs} />}
      <MeasurePanel />
      <PastEvaluations />
    </section>
  )
}
