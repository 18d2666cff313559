import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Stranger } from '../../shared/api/types.ts'
import { Segmented } from '../../shared/segmented.tsx'
import type { UnknownSearch } from './search.ts'

const route = getRouteApi('/unknown')

interface InboxFiltersProps {
  readonly status: Stranger['status']
  readonly sort: 'count' | 'latest'
}

/** Which strangers are listed, and whom one sees first; both are part of the address. */
export function InboxFilters({ status, sort }: InboxFiltersProps): ReactNode {
  const t = useTranslations('unknown')
  const navigate = route.useNavigate()
  const show = (changes: UnknownSearch) =>
    void navigate({
      search: ({ status: _before, sort: _order, stranger: _stranger, ...others }) => ({
        ...others,
        ...changes,
      }),
      replace: true,
    })
  const toStatus = (wanted: Stranger['status']): UnknownSearch =>
    wanted === 'shown' ? {} : { status: wanted }
  const toSort = (wanted: string): UnknownSearch => (wanted === 'latest' ? { sort: 'latest' } : {})
  return (
    <div className="inbox-filters">
      <Segmented
        label={t('which')}
        value={status}
        options={[
          { value: 'shown', label: t('status.shown'), icon: 'question' },
          { value: 'ignored', label: t('status.ignored'), icon: 'hidden' },
          { value: 'assigned', label: t('status.assigned'), icon: 'check' },
        ]}
        onChange={(wanted) => show({ ...toStatus(wanted), ...toSort(sort) })}
      />
      <label className="inline-field">
        <span>{t('order')}</span>
        <select
          value={sort}
          onChange={(event) => show({ ...toStatus(status), ...toSort(event.target.value) })}
        >
          <option value="count">{t('sort.count')}</option>
          <option value="latest">{t('sort.latest')}</option>
        </select>
      </label>
    </div>
  )
}
