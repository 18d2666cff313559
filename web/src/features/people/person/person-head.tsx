import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { deletePerson } from '../../../shared/api/persons.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { ConfirmDialog } from '../../../shared/dialog/confirm-dialog.tsx'
import { Icon } from '../../../shared/icons.tsx'
import { PersonPicker } from '../../../shared/persons/person-picker.tsx'
import { PersonPhoto } from '../../../shared/photos/person-photo.tsx'
import { MergeDialog } from '../merge/merge-dialog.tsx'
import { usePersonChange } from './use-person-change.ts'

/** Who it is, and what is done with the whole person. */
export function PersonHead({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('person')
  const { id, name, aliases, favourite, hidden, revision, lastSeenAt } = person
  const mark = usePersonChange(person, {
    done: (changed, { changes }) => {
      if (changes.favourite === undefined)
        return t(changed.hidden ? 'nowHidden' : 'nowShown', { name })
      return t(changed.favourite ? 'nowFavourite' : 'noFavourite', { name })
    },
  })
  const [task, setTask] = useState<PersonTask>()

  return (
    <header className="person-head">
      <PersonPhoto person={person} />
      <div className="person-head-text">
        <h1 tabIndex={-1}>
          <bdi>{name}</bdi>
        </h1>
        {aliases.length > 0 && (
          <p className="muted">{t('alsoKnown', { names: aliases.join(', ') })}</p>
        )}
        <p className="muted">
          {t('since', { count: person.faceCount, date: new Date(person.createdAt) })}{' '}
          {lastSeenAt === undefined
            ? t('neverSeen')
            : t('lastSeen', { date: new Date(lastSeenAt) })}
        </p>
      </div>
      <div className="person-tools">
        <Link className="button primary" to="/add-photos" search={{ person: id }}>
          <Icon name="plus" /> {t('addPhotos')}
        </Link>
        <button
          type="button"
          aria-pressed={favourite}
          disabled={mark.isPending}
          onClick={() => mark.run({ changes: { favourite: !favourite }, revision })}
        >
          <Icon name="star" /> {t('favourite')}
        </button>
        <button
          type="button"
          aria-pressed={hidden}
          disabled={mark.isPending}
          onClick={() => mark.run({ changes: { hidden: !hidden }, revision })}
        >
          <Icon name="hidden" /> {t('hidden')}
        </button>
        <button type="button" onClick={() => setTask({ kind: 'choose' })}>
          <Icon name="merge" /> {t('merge')}
        </button>
        <button type="button" onClick={() => setTask({ kind: 'delete' })}>
          <Icon name="trash" /> {t('delete')}
        </button>
      </div>
      {task && <Task task={task} person={person} onTask={setTask} />}
    </header>
  )
}

type PersonTask =
  | { readonly kind: 'choose' | 'delete' }
  | { readonly kind: 'merge'; readonly other: string }

interface TaskProps {
  readonly task: PersonTask
  readonly person: Person
  readonly onTask: (task: PersonTask | undefined) => void
}

function Task({ task, person, onTask }: TaskProps): ReactNode {
  const t = useTranslations('person')
  const people = useTranslations('people')
  const app = useApp()
  const navigate = useNavigate()
  const { id, name } = person
  const remove = useChange({
    send: () => deletePerson(app, id),
    done: () => people('deleted', { name }),
    undo: (entry) => entry,
    onDone: () => void navigate({ to: '/people' }),
  })
  const close = () => onTask(undefined)
  switch (task.kind) {
    case 'choose':
      return (
        <PersonPicker
          title={t('mergeWith', { name })}
          without={[id]}
          allowNew={false}
          onCancel={close}
          onChoose={(choice) => {
            if (choice.kind === 'person') onTask({ kind: 'merge', other: choice.person.id })
          }}
        />
      )
    case 'merge':
      return (
        <MergeDialog
          ids={[id, task.other]}
          onClose={close}
          onMerged={(survivor) =>
            void navigate({ to: '/people/$person', params: { person: survivor.id } })
          }
        />
      )
    case 'delete':
      return (
        <ConfirmDialog
          title={people('deleteTitle', { name })}
          onCancel={close}
          onConfirm={async () => {
            await remove.runAsync(undefined).catch(() => undefined)
            close()
          }}
        >
          {people('deleteText', { count: person.faceCount })}
        </ConfirmDialog>
      )
  }
}
