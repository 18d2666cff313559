import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import type { Person } from '../../shared/api/types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { ItemGrid } from '../../shared/grid/item-grid.tsx'
import { Icon } from '../../shared/icons.tsx'
import { difficultyText } from './difficulty-text.ts'
import { PeopleFilters } from './people-filters.tsx'
import { PersonCard } from './person-card.tsx'
import { SearchField } from './search-field.tsx'
import { SelectionBar } from './selection-bar.tsx'
import type { SelectionTask } from './selection-task.ts'
import { useAddressSelection } from './use-address-selection.ts'
import { usePeople } from './use-people.ts'
import './people.css'

const route = getRouteApi('/people')
const cardPx = 152
const cardRowPx = 226
const lineRowPx = 81

/** Everybody who is registered: search, sort, choose many and change them together. */
export function PeopleView(): ReactNode {
  const t = useTranslations('people')
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/people' })
  const people = usePeople(search)
  const { persons } = people
  const [selection, select] = useAddressSelection(search.selected ?? '', (selected) => {
    void navigate({
      to: '/people',
      search: ({ selected: _selected, ...others }) =>
        selected === '' ? others : { ...others, selected },
      replace: true,
      resetScroll: false,
    })
  })
  const [task, setTask] = useState<SelectionTask>()
  const isLine = search.view === 'list'

  return (
    <section aria-labelledby="people-title" className="people screenful">
      <PeopleHead />
      <SearchField value={search.query ?? ''} />
      <PeopleFilters />
      <SelectionBar
        people={people}
        selection={selection}
        onSelect={select}
        task={task}
        onTask={setTask}
      />
      <ProblemNotice error={people.error} onRetry={people.retry} />
      {persons?.length === 0 && <NobodyThere />}
      {persons !== undefined && persons.length > 0 && (
        <ItemGrid<Person>
          key={isLine ? 'list' : 'grid'}
          label={t('title')}
          items={persons}
          columnPx={isLine ? undefined : cardPx}
          rowPx={isLine ? lineRowPx : cardRowPx}
          selectLabel={({ name }) => t('select', { name })}
          selection={selection}
          onSelect={select}
          onOpen={({ id }) => void navigate({ to: '/people/$person', params: { person: id } })}
          onDelete={(ids) => setTask({ kind: 'delete', ids })}
          {...(people.hasMore ? { onNearEnd: people.loadMore, loadAll: people.loadAll } : {})}
          onSee={people.see}
          isBusy={people.isFetching}
        >
          {(person) => <PersonCard person={person} isLine={isLine} />}
        </ItemGrid>
      )}
    </section>
  )
}

function PeopleHead(): ReactNode {
  const t = useTranslations('people')
  const { data: details } = useQuery(collectionOptions(useApp()))
  const difficulty = details && difficultyText(t, details)
  return (
    <div className="view-head">
      <div>
        <h1 id="people-title" tabIndex={-1}>
          {t('title')}
        </h1>
        <p className="lead">{details ? t('counts', details) : t('lead')}</p>
        {difficulty && <p className="muted">{difficulty}</p>}
      </div>
      <div className="people-links">
        <Link className="button quiet" to="/people/twice">
          <Icon name="merge" /> {t('twice')}
        </Link>
        <Link className="button quiet" to="/collections/examination">
          <Icon name="search" /> {t('weak')}
        </Link>
        <Link className="button quiet" to="/history">
          <Icon name="history" /> {t('history')}
        </Link>
        <Link className="button primary" to="/add-photos">
          <Icon name="plus" /> {t('add')}
        </Link>
      </div>
    </div>
  )
}

function NobodyThere(): ReactNode {
  const t = useTranslations('people')
  const { query, favourite, hidden, faces, view } = route.useSearch()
  const isNarrowed = query !== undefined || favourite || hidden || faces !== undefined
  return (
    <div className="empty">
      <Icon name="people" />
      <p>{t(isNarrowed ? 'nobodyFound' : 'nobody')}</p>
      {isNarrowed && (
        <Link className="button" to="/people" search={view === undefined ? {} : { view }}>
          {t('showEverybody')}
        </Link>
      )}
    </div>
  )
}
