import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { collectionOptions } from '../../shared/api/collections.ts'
import { deletePerson, personsOptions } from '../../shared/api/persons.ts'
import type { Person } from '../../shared/api/types.ts'
import { useChange } from '../../shared/api/use-change.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/dialog/confirm-dialog.tsx'
import { ProblemNotice } from '../../shared/feedback/problem-notice.tsx'
import { Icon } from '../../shared/icons.tsx'
import { difficultyText } from './difficulty-text.ts'
import { PersonRow } from './person-row.tsx'
import { SearchField } from './search-field.tsx'
import './people.css'

const route = getRouteApi('/people')

/** Everybody who is registered: search, add photos, look at the faces, delete. */
export function PeopleView(): ReactNode {
  const t = useTranslations('people')
  const shared = useTranslations('shared')
  const app = useApp()
  const { name } = route.useSearch()
  const { data: details } = useQuery(collectionOptions(app))
  const list = useInfiniteQuery({
    ...personsOptions(app, name === undefined ? {} : { name }),
    placeholderData: (before) => before,
  })
  const persons = list.data?.pages.flatMap(({ items }) => items)
  const [deleting, setDeleting] = useState<Person>()
  const difficulty = details && difficultyText(t, details)
  const remove = useChange({
    send: (person: Person) => deletePerson(app, person.id),
    done: (_answer, person) => t('deleted', { name: person.name }),
    undo: (_answer, person) => ({ person: person.id, kind: 'personDeleted' }),
  })

  return (
    <section aria-labelledby="people-title">
      <div className="view-head">
        <div>
          <h1 id="people-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{details ? t('counts', details) : t('lead')}</p>
          {difficulty && <p className="muted">{difficulty}</p>}
        </div>
        <Link className="button primary" to="/add-photos">
          <Icon name="plus" /> {t('add')}
        </Link>
      </div>
      <SearchField value={name ?? ''} />
      <ProblemNotice error={list.error} onRetry={() => void list.refetch()} />
      {persons?.length === 0 && (
        <div className="empty">
          <Icon name="people" />
          <p>{name === undefined ? t('nobody') : t('nobodyNamed')}</p>
        </div>
      )}
      <ul className="persons" aria-label={t('title')} aria-busy={list.isFetching}>
        {persons?.map((person) => (
          <PersonRow key={person.id} person={person} onDelete={() => setDeleting(person)} />
        ))}
      </ul>
      {list.hasNextPage && (
        <button
          type="button"
          className="wide"
          disabled={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {shared('showMore')}
        </button>
      )}
      <p className="visually-hidden" aria-live="polite">
        {name !== undefined && persons ? t('found', { count: persons.length }) : ''}
      </p>
      {deleting && (
        <ConfirmDialog
          title={t('deleteTitle', { name: deleting.name })}
          onCancel={() => setDeleting(undefined)}
          onConfirm={async () => {
            await remove.runAsync(deleting).catch(() => undefined)
            setDeleting(undefined)
          }}
        >
          {t('deleteText', { count: deleting.faceCount })}
        </ConfirmDialog>
      )}
    </section>
  )
}
