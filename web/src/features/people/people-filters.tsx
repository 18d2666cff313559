import { getRouteApi, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { Icon, type IconName } from '../../shared/icons.tsx'
import { Segmented } from '../../shared/segmented.tsx'
import { defaultSort, naturalOrder, type PeopleSearch, type PeopleSort } from './search.ts'

const route = getRouteApi('/people')
const sorts: readonly PeopleSort[] = ['updated', 'name', 'faceCount', 'lastSeen', 'created']

interface Filter {
  readonly text: 'favourites' | 'oneFace' | 'noFaces' | 'hidden'
  readonly icon?: IconName
  readonly value: Pick<PeopleSearch, 'favourite' | 'hidden' | 'faces'>
}

const filters: readonly Filter[] = [
  { text: 'favourites', icon: 'star', value: { favourite: true } },
  { text: 'oneFace', value: { faces: 'one' } },
  { text: 'noFaces', value: { faces: 'none' } },
  { text: 'hidden', icon: 'hidden', value: { hidden: true } },
]

/** Order, filters and appearance of the list; all of it is the address. */
export function PeopleFilters(): ReactNode {
  const t = useTranslations('people')
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/people' })
  const { sort = defaultSort, view } = search
  const order = search.order ?? naturalOrder(sort)
  const change = (changed: { readonly [K in keyof PeopleSearch]: PeopleSearch[K] | undefined }) =>
    void navigate({
      search: ({ selected: _selected, ...before }) => ({ ...before, ...changed }) as PeopleSearch,
      replace: true,
    })

  return (
    <div className="people-filters">
      <div className="people-chips">
        {filters.map(({ text, icon, value }) => {
          const isOn = Object.entries(value).every(
            ([key, wanted]) => search[key as keyof typeof value] === wanted,
          )
          const off = Object.fromEntries(Object.keys(value).map((key) => [key, undefined]))
          return (
            <button
              key={text}
              type="button"
              className="chip"
              aria-pressed={isOn}
              onClick={() => change(isOn ? off : value)}
            >
              {icon && <Icon name={icon} />} {t(`filters.${text}`)}
            </button>
          )
        })}
      </div>
      <div className="people-order">
        <label className="inline-field">
          <span>{t('sortedBy')}</span>
          <select
            aria-label={t('sortedBy')}
            value={sort}
            onChange={(event) =>
              change({ sort: event.target.value as PeopleSort, order: undefined })
            }
          >
            {sorts.map((one) => (
              <option key={one} value={one}>
                {t(`sorts.${one}`)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="icon-button order-button"
          aria-label={t(order === 'asc' ? 'ascending' : 'descending')}
          title={t(order === 'asc' ? 'ascending' : 'descending')}
          onClick={() => change({ order: order === 'asc' ? 'desc' : 'asc' })}
        >
          <Icon name={order === 'asc' ? 'ascending' : 'descending'} />
        </button>
        <Segmented
          label={t('appearance')}
          value={view ?? 'grid'}
          options={[
            { value: 'grid', label: t('grid'), icon: 'grid' },
            { value: 'list', label: t('list'), icon: 'list' },
          ]}
          onChange={(wanted) => change({ view: wanted === 'list' ? 'list' : undefined })}
        />
      </div>
    </div>
  )
}
