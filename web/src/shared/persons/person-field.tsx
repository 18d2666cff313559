import { useInfiniteQuery } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Autocomplete } from 'react-aria-components/Autocomplete'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox'
import { TextField } from 'react-aria-components/TextField'
import { useTranslations } from 'use-intl'
import { personsOptions } from '../api/persons.ts'
import { useApp } from '../app-context.ts'
import { ProblemNotice } from '../feedback/problem-notice.tsx'
import { Icon } from '../icons.tsx'
import { FacePhoto } from '../photos/face-photo.tsx'
import { useRestingValue } from '../use-resting-value.ts'
import type { PersonSuggestion } from './person-choice.ts'
import type { PersonPickerProps } from './person-picker-props.ts'
import './person-field.css'

/** More than that is not read; a longer name finds the others. */
const most = 8
const newKey = 'new'
const nobody: readonly string[] = []

/** A name field with the persons whom the name may mean. */
export function PersonField({
  suggestions = [],
  without = nobody,
  allowNew,
  onChoose,
  onCancel,
}: PersonPickerProps): ReactNode {
  const t = useTranslations('personPicker')
  const shared = useTranslations('shared')
  const [text, setText] = useState('')
  const name = text.trim()
  const query = useRestingValue(name)
  const found = useInfiniteQuery({
    ...personsOptions(
      useApp(),
      query === '' ? { sort: 'updated', order: 'desc' } : { query, sort: 'name' },
    ),
    placeholderData: (before) => before,
  })
  const loaded = found.data?.pages.flatMap(({ items }) => items) ?? []
  const persons = join(name === '' ? suggestions : [], loaded.map(toSuggestion))
    .filter(({ id }) => !without.includes(id))
    .slice(0, most)
  const hasNamesake = persons.some((person) => person.name === name)

  function choose(key: string): void {
    const person = persons.find(({ id }) => id === key)
    if (key === newKey) onChoose({ kind: 'new', name, hasNamesake })
    else if (person) onChoose({ kind: 'person', person: { id: person.id, name: person.name } })
  }

  /** Enter without an option: the only one whom the name can mean, once the list is of this name. */
  function chooseNamed(event: FormEvent): void {
    event.preventDefault()
    if (query !== name || name === '' || found.isPlaceholderData || found.isPending) return
    const [first, second] = persons.filter((person) => person.name === name)
    if (first && second === undefined) choose(first.id)
    else if (allowNew && persons.length === 0) choose(newKey)
  }

  return (
    <form className="person-field" onSubmit={chooseNamed}>
      {/* An option that has the focus by itself could be another one when the list arrives. */}
      <Autocomplete inputValue={text} onInputChange={setText} disableAutoFocusFirst>
        {/* The dialog was opened for this field. */}
        <TextField className="field" autoFocus>
          <Label>{t('name')}</Label>
          <Input placeholder={t(allowNew ? 'nameOrNew' : 'name')} maxLength={200} />
        </TextField>
        <ListBox
          className="person-options"
          aria-label={t('persons')}
          selectionMode="none"
          onAction={(key) => choose(String(key))}
          renderEmptyState={() => (
            <p className="muted">{found.isPending ? shared('loading') : t('nobody')}</p>
          )}
        >
          {persons.map((person) => (
            <ListBoxItem
              key={person.id}
              id={person.id}
              className="person-option"
              textValue={person.name}
            >
              <span aria-hidden="true">
                <FacePhoto person={person} faceId={person.faceId} />
              </span>
              <span className="person-option-text">
                <bdi>{person.name}</bdi>
                {person.note && <span className="muted">{person.note}</span>}
              </span>
            </ListBoxItem>
          ))}
          {allowNew && name !== '' && (
            <ListBoxItem id={newKey} className="person-option" textValue={name}>
              <span className="face-photo avatar" aria-hidden="true">
                <Icon name="plus" />
              </span>
              <span className="person-option-text">
                {t(hasNamesake ? 'newNamesake' : 'newPerson', { name })}
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Autocomplete>
      <ProblemNotice error={found.error} onRetry={() => void found.refetch()} />
      <div className="dialog-actions">
        <button type="button" onClick={onCancel}>
          {shared('cancel')}
        </button>
      </div>
    </form>
  )
}

function toSuggestion(person: {
  readonly id: string
  readonly name: string
  readonly shownFaceId?: string
}): PersonSuggestion {
  return { id: person.id, name: person.name, faceId: person.shownFaceId }
}

/** The first list, then those of the second who are not in it. */
function join(
  first: readonly PersonSuggestion[],
  second: readonly PersonSuggestion[],
): readonly PersonSuggestion[] {
  const known = new Set(first.map(({ id }) => id))
  return [...first, ...second.filter(({ id }) => !known.has(id))]
}
