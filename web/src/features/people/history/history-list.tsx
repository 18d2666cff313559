import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { historyOptions } from '../../../shared/api/history.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { ShowMore } from '../../../shared/show-more.tsx'
import { HistoryItem } from './history-item.tsx'
import './history.css'

/** The changes of a person, or of everybody without one, the newest first. */
export function HistoryList({ person }: { readonly person: string | undefined }): ReactNode {
  const t = useTranslations('history')
  const shared = useTranslations('shared')
  const list = useInfiniteQuery(historyOptions(useApp(), person))
  const entries = list.data?.pages.flatMap(({ items }) => items)
  return (
    <>
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {entries === undefined && !list.error && <p className="muted">{shared('loading')}</p>}
      {entries?.length === 0 && <p className="muted">{t('nothing')}</p>}
      <ol className="history" aria-label={t('title')}>
        {entries?.map((entry) => (
          <HistoryItem key={entry.id} entry={entry} />
        ))}
      </ol>
      <ShowMore list={list} />
    </>
  )
}
