import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { personOptions } from '../../../shared/api/persons.ts'
import { useApp } from '../../../shared/app-context.ts'
import { Icon } from '../../../shared/icons.tsx'
import { PersonPicker } from '../../../shared/persons/person-picker.tsx'
import { HistoryList } from './history-list.tsx'

const route = getRouteApi('/history')

/** Every change of persons and faces, the newest first; each can be taken back. */
export function HistoryView(): ReactNode {
  const t = useTranslations('history')
  const people = useTranslations('person')
  const { person } = route.useSearch()
  const navigate = useNavigate({ from: '/history' })
  const [isChoosing, setChoosing] = useState(false)
  const { data } = useQuery({
    ...personOptions(useApp(), person ?? ''),
    enabled: person !== undefined,
    retry: false,
  })
  return (
    <section aria-labelledby="history-title" className="screenful">
      <p>
        <Link className="back-link" to="/people">
          {people('back')}
        </Link>
      </p>
      <div className="view-head">
        <div>
          <h1 id="history-title" tabIndex={-1}>
            {t('title')}
          </h1>
          <p className="lead">{t('lead')}</p>
        </div>
        <div className="history-filter">
          <button type="button" onClick={() => setChoosing(true)}>
            <Icon name="search" />{' '}
            {person === undefined ? t('ofPerson') : t('onlyOf', { name: data?.name ?? t('gone') })}
          </button>
          {person !== undefined && (
            <button
              type="button"
              className="icon-button"
              aria-label={t('ofEverybody')}
              onClick={() => void navigate({ search: {} })}
            >
              <Icon name="cross" />
            </button>
          )}
        </div>
      </div>
      <HistoryList key={person ?? ''} person={person} />
      {isChoosing && (
        <PersonPicker
          title={t('choosePerson')}
          allowNew={false}
          onCancel={() => setChoosing(false)}
          onChoose={(choice) => {
            setChoosing(false)
            if (choice.kind === 'person') void navigate({ search: { person: choice.person.id } })
          }}
        />
      )}
    </section>
  )
}
