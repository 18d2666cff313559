import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { WeakPerson } from '../../../shared/examination/findings.ts'
import { PersonLink } from '../../../shared/persons/person-link.tsx'
import { ShowMore, useFirstItems } from '../../../shared/show-more.tsx'
import { hasText } from '../../../shared/text/has-text.ts'

const few = 10

/** People whom a search may miss, and which photograph would help most. */
export function WeakPersons({ persons }: { readonly persons: readonly WeakPerson[] }): ReactNode {
  const t = useTranslations('examination.weak')
  const { shown, list } = useFirstItems(persons, few)
  return (
    <div className="panel">
      <h2>{t('title')}</h2>
      {persons.length === 0 ? (
        <p className="muted">{t('none')}</p>
      ) : (
        <table className="data-table">
          <caption className="visually-hidden">{t('title')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('person')}</th>
              <th scope="col">{t('why')}</th>
              <th scope="col">{t('help')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('add')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((person) => (
              <WeakRow key={person.personId} person={person} />
            ))}
          </tbody>
        </table>
      )}
      <ShowMore list={list} />
    </div>
  )
}

function WeakRow({ person }: { readonly person: WeakPerson }): ReactNode {
  const t = useTranslations('examination.weak')
  // A later server may know more weaknesses.
  const known = person.weaknesses.filter((one) => hasText(t, one))
  const [worst] = known
  return (
    <tr>
      <th scope="row">
        <PersonLink personId={person.personId} />
      </th>
      <td data-column={t('why')}>{known.map((one) => t(one)).join('; ')}</td>
      <td data-column={t('help')}>{worst && t(`${worst}Help`)}</td>
      <td>
        <Link className="button small" to="/add-photos" search={{ person: person.personId }}>
          {t('add')}
        </Link>
      </td>
    </tr>
  )
}
