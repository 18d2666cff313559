import { useQueries, useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { type MergeBody, mergePersons } from '../../../shared/api/corrections.ts'
import { collectionKey } from '../../../shared/api/keys.ts'
import { personOptions } from '../../../shared/api/persons.ts'
import type { Person } from '../../../shared/api/types.ts'
import { useChange } from '../../../shared/api/use-change.ts'
import { useApp } from '../../../shared/app-context.ts'
import { Dialog } from '../../../shared/dialog/dialog.tsx'
import { ProblemNotice } from '../../../shared/feedback/problem-notice.tsx'
import { PersonPhoto } from '../../../shared/photos/person-photo.tsx'
import { MergeConsequences } from './merge-consequences.tsx'
import './merge.css'

interface MergeDialogProps {
  /** Of two persons or more. */
  readonly ids: readonly string[]
  readonly onClose: () => void
  readonly onMerged: (survivor: Person) => void
}

/** Merges persons: who survives, under which name, and what that does, said before it is done. */
export function MergeDialog({ ids, onClose, onMerged }: MergeDialogProps): ReactNode {
  const t = useTranslations('merge')
  const shared = useTranslations('shared')
  const app = useApp()
  const found = useQueries({ queries: ids.map((id) => personOptions(app, id)) })
  const persons = found.flatMap(({ data }) => data ?? [])
  const isComplete = persons.length === ids.length
  const error = found.find(({ error: one }) => one !== null)?.error
  const [chosen, setChosen] = useState<string>()
  const [typed, setTyped] = useState<string>()
  const survivor = persons.find(({ id }) => id === chosen) ?? likeliest(persons)
  const name = typed ?? survivor?.name ?? ''

  const body: MergeBody = {
    from: ids.filter((id) => id !== survivor?.id),
    ...(name.trim() === '' || name === survivor?.name ? {} : { name: name.trim() }),
  }
  const plan = useQuery({
    queryKey: [...collectionKey(app.collection), 'merge-plan', survivor?.id, body],
    queryFn: () => mergePersons(app, { into: survivor?.id ?? '', body, dryRun: true }),
    enabled: isComplete,
    placeholderData: (before) => before,
    retry: false,
  })
  const merge = useChange({
    send: (into: string) => mergePersons(app, { into, body, dryRun: false }),
    done: ({ person, merged }) => t('done', { name: person.name, count: merged.length }),
    undo: ({ entryId }) => entryId,
    onDone: ({ person }) => {
      onClose()
      onMerged(person)
    },
  })

  return (
    <Dialog title={t('title', { count: ids.length })} onCancel={onClose}>
      <ProblemNotice error={error ?? plan.error} />
      {isComplete && survivor && (
        <>
          <fieldset className="merge-choice">
            <legend>{t('survivor')}</legend>
            {persons.map((person) => (
              <label key={person.id} className="merge-option">
                <input
                  type="radio"
                  name="survivor"
                  checked={person.id === survivor.id}
                  onChange={() => setChosen(person.id)}
                />
                <PersonPhoto person={person} />
                <span>
                  <bdi>{person.name}</bdi>
                  <span className="muted merge-option-detail">
                    {t('faces', { count: person.faceCount, date: new Date(person.createdAt) })}
                  </span>
                </span>
              </label>
            ))}
          </fieldset>
          <label className="field">
            <span>{t('name')}</span>
            <input
              value={name}
              maxLength={200}
              onChange={(event) => setTyped(event.target.value)}
            />
          </label>
          <MergeConsequences plan={plan.data} persons={persons} />
        </>
      )}
      {!isComplete && error === undefined && <p className="muted">{shared('loading')}</p>}
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('cancel')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={survivor === undefined || plan.data === undefined || merge.isPending}
          onClick={() => survivor && merge.run(survivor.id)}
        >
          {t('merge')}
        </button>
      </div>
    </Dialog>
  )
}

/** Who has most faces; of several the one who was made first. */
function likeliest(persons: readonly Person[]): Person | undefined {
  return [...persons].sort((a, b) => b.faceCount - a.faceCount || (a.id < b.id ? -1 : 1))[0]
}
