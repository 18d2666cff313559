import { type ReactNode, useEffect, useState } from 'react'
import { type ApiProblem, asProblem } from '../../shared/api-client.ts'
import type { Person } from '../../shared/api-types.ts'
import { useApp } from '../../shared/app-context.ts'
import { ConfirmDialog } from '../../shared/confirm-dialog.tsx'
import { Icon } from '../../shared/icons.tsx'
import { count, problemText } from '../../shared/messages.ts'
import { Notice } from '../../shared/notice.tsx'
import { difficultyText } from './difficulty-text.ts'
import { PersonRow } from './person-row.tsx'
import { usePersons } from './use-persons.ts'

/** Everybody who is registered: search, add photos, look at the faces, delete. */
export function PersonsView(): ReactNode {
  const { api, collection, details, refresh, notify } = useApp()
  const [search, setSearch] = useState('')
  const list = usePersons(search)
  const [deleting, setDeleting] = useState<Person>()
  const [problem, setProblem] = useState<ApiProblem>()
  const difficulty = details && difficultyText(details)

  // Others may have registered people since the counts were loaded.
  useEffect(() => refresh(), [refresh])

  async function remove(person: Person): Promise<void> {
    try {
      await api.deletePerson(collection, person.id)
    } catch (error) {
      const failure = asProblem(error)
      if (failure.code !== 'personNotFound') {
        setProblem(failure)
        setDeleting(undefined)
        return
      }
    }
    setDeleting(undefined)
    setProblem(undefined)
    list.drop(person.id)
    refresh()
    notify(`${person.name} was deleted.`)
  }

  return (
    <section aria-labelledby="persons-title">
      <div className="view-head">
        <div>
          <h1 id="persons-title" tabIndex={-1}>
            Persons
          </h1>
          <p className="lead">
            {details
              ? `${count(details.persons, 'person')} with ${count(details.faces, 'face')}`
              : 'Everybody who is registered'}
          </p>
          {difficulty && <p className="muted">{difficulty}</p>}
        </div>
        <a className="button primary" href="#register">
          <Icon name="plus" /> Register
        </a>
      </div>
      <search className="search">
        <Icon name="search" />
        <input
          type="search"
          aria-label="Search by name"
          placeholder="Search by name"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </search>
      {(problem ?? list.problem) && (
        <Notice kind="bad">{problemText((problem ?? list.problem) as ApiProblem)}</Notice>
      )}
      {list.persons?.length === 0 && (
        <div className="empty">
          <Icon name="people" />
          <p>{search.trim() === '' ? 'Nobody is registered yet.' : 'Nobody has such a name.'}</p>
        </div>
      )}
      <ul className="persons" aria-label="Persons" aria-busy={list.loading}>
        {list.persons?.map((person) => (
          <PersonRow
            key={person.id}
            person={person}
            onDelete={() => setDeleting(person)}
            onChanged={list.replace}
          />
        ))}
      </ul>
      {list.more && (
        <button type="button" className="wide" disabled={list.loading} onClick={list.more}>
          Show more
        </button>
      )}
      <p className="visually-hidden" aria-live="polite">
        {search.trim() !== '' && list.persons
          ? `${count(list.persons.length, 'person')} found`
          : ''}
      </p>
      {deleting && (
        <ConfirmDialog
          title={`Delete ${deleting.name}?`}
          onCancel={() => setDeleting(undefined)}
          onDelete={() => remove(deleting)}
        >
          The person and {count(deleting.faceCount, 'face')} are removed from this server at once.
          This cannot be undone.
        </ConfirmDialog>
      )}
    </section>
  )
}
