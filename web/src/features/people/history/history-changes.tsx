import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { entryOptions } from '../../../shared/api/history.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { hasText } from '../../../shared/text/has-text.ts'
import { toFieldChanges } from './field-changes.ts'

/** How everything was before and after a change. */
export function HistoryChanges({ entry }: { readonly entry: string }): ReactNode {
  const t = useTranslations('history')
  const fields = useTranslations('person.field')
  const shared = useTranslations('shared')
  const { data, error } = useQuery(entryOptions(useApp(), entry))
  if (error !== null) return <ProblemNotice error={error} />
  if (data === undefined) return <p className="muted">{shared('loading')}</p>
  const { changes, faces } = toFieldChanges(data)
  const nameOf = (field: string) => (hasText(fields, field) ? fields(field) : field)
  return (
    <ul className="history-changes">
      {changes.map(({ id, field, before, after }) => (
        <li key={`${id} ${field}`}>
          {t('field', { field: nameOf(field) })} {before !== '' && <del>{before}</del>}{' '}
          {after !== '' && <ins>{after}</ins>}
        </li>
      ))}
      {faces > 0 && <li>{t('faceRecords', { count: faces })}</li>}
      {changes.length === 0 && faces === 0 && <li className="muted">{t('nothingKept')}</li>}
    </ul>
  )
}
