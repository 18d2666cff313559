import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../../shared/api/collections.ts'
import { jobItemsOptions } from '../../../shared/api/jobs.ts'
import { asProblem } from '../../../shared/api/problem.ts'
import { reportOptions } from '../../../shared/api/report.ts'
import type { GalleryReport } from '../../../shared/api/types.ts'
import { useApp } from '../../../shared/app-context.ts'
import { mergePairs, toFindings } from '../../../shared/examination/findings.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { CollectionHead } from '../collection-head.tsx'
import { ExaminationJobs } from './examination-jobs.tsx'
import { MissedFaces } from './missed-faces.tsx'
import { PairDecider } from './pair-decider.tsx'
import { useSuggestedPairs } from './use-suggested-pairs.ts'
import { WeakPersons } from './weak-persons.tsx'
import '../../../shared/data-table.css'
import './examination.css'

/** How good a collection is by its own faces, and what to do about it. */
export function ExaminationView(): ReactNode {
  const t = useTranslations('examination')
  const app = useApp()
  const { data: details } = useQuery(collectionOptions(app))
  const report = useQuery({ ...reportOptions(app), retry: false })
  const isMissing = report.error !== null && asProblem(report.error).code === 'notFound'
  return (
    <section aria-labelledby="examination-title">
      <CollectionHead id="examination-title" title={t('title', { name: app.collection })} />
      <p className="lead">{t('lead')}</p>
      {details && <ExaminationJobs collectionId={details.id} isFirst={report.data === undefined} />}
      {isMissing ? (
        <p className="empty">{t('none')}</p>
      ) : (
        <ProblemNotice error={report.error} onRetry={() => void report.refetch()} />
      )}
      <Results report={report.data} />
    </section>
  )
}

/** Pairs may come from the search for doubles alone; the rest needs the report. */
function Results({ report }: { readonly report: GalleryReport | undefined }): ReactNode {
  const t = useTranslations('examination')
  const { api } = useApp()
  const items = useInfiniteQuery({
    ...jobItemsOptions(api, report?.jobId ?? ''),
    enabled: report !== undefined,
  })
  const suggested = useSuggestedPairs()
  const findings = toFindings(items.data?.pages.flatMap((page) => page.items) ?? [])
  const pairs = mergePairs(suggested, findings.pairs)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = items
  // The lists are short (1,000 of a kind), and their order is missed faces, pairs, weak persons.
  if (hasNextPage && !isFetchingNextPage) void fetchNextPage()
  return (
    <>
      {(pairs.length > 0 || report !== undefined) && <PairDecider pairs={pairs} />}
      {report && (
        <>
          <LeftOut report={report} />
          <MissedFaces faces={findings.missed} />
          <WeakPersons persons={findings.weak} />
          <p className="muted">{t('at', { date: new Date(report.endedAt) })}</p>
        </>
      )}
    </>
  )
}

function LeftOut({ report }: { readonly report: GalleryReport }): ReactNode {
  const t = useTranslations('examination')
  const { leftOut, expectedFpir } = report.result
  return (
    <div className="panel">
      <h2>{t('leftOut.title')}</h2>
      {leftOut.faces === 0 ? (
        <p className="muted">{t('leftOut.noOne')}</p>
      ) : (
        <>
          <p>{t('leftOut.text', { faces: leftOut.faces })}</p>
          <dl className="outcomes">
            {(['found', 'missed', 'misnamed'] as const).map((outcome) => (
              <div key={outcome}>
                <dt>{t(`leftOut.${outcome}`)}</dt>
                <dd>
                  <strong>{leftOut[outcome]}</strong>
                </dd>
              </div>
            ))}
          </dl>
        </>
      )}
      {expectedFpir !== undefined && (
        <p>{t('strangers', { percent: String(Number((expectedFpir * 100).toPrecision(2))) })}</p>
      )}
    </div>
  )
}
