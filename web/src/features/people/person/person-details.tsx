import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Person } from '../../../shared/api/types.ts'
import { Notice } from '../../../shared/feedback/notice.tsx'
import { type DetailFields, fieldNames, toChanges, toFields } from './detail-fields.ts'
import { MetadataRows } from './metadata-rows.tsx'
import { usePersonChange } from './use-person-change.ts'

/** What the user has changed and not saved. */
interface Draft {
  /** The person as it was when the first field was changed. */
  readonly base: Person
  readonly fields: Partial<DetailFields>
}

/** Name and fields of a person. Only what was changed is saved. */
export function PersonDetails({ person }: { readonly person: Person }): ReactNode {
  const t = useTranslations('person')
  const [draft, setDraft] = useState<Draft>()
  const saved = toFields(person)
  const fields = { ...saved, ...draft?.fields }
  const before = toFields(draft?.base ?? person)
  const theirs = fieldNames.filter((name) => saved[name] !== before[name])
  const changes = toChanges(draft?.fields ?? {}, person)
  const save = usePersonChange(person, {
    done: ({ name }) => t('saved', { name }),
    onDone: () => setDraft(undefined),
  })
  const change = (changed: Partial<DetailFields>) =>
    setDraft({ base: draft?.base ?? person, fields: { ...draft?.fields, ...changed } })

  function submit(event: FormEvent): void {
    event.preventDefault()
    // What others changed in other ways is none of these fields' business.
    const { revision } = theirs.length === 0 ? person : (draft?.base ?? person)
    if (changes !== undefined) save.run({ changes, revision })
  }

  return (
    <form className="panel person-details" onSubmit={submit}>
      {draft && theirs.length > 0 && (
        <Notice
          kind="warning"
          title={t('changedByOthers')}
          actions={
            <>
              <button type="button" onClick={() => setDraft(undefined)}>
                {t('takeTheirs')}
              </button>
              <button
                type="button"
                onClick={() => changes && save.run({ changes, revision: person.revision })}
              >
                {t('saveMine')}
              </button>
            </>
          }
        >
          <ul>
            {theirs.map((name) => (
              <li key={name}>
                {t('theirs', { field: t(`field.${name}`), value: saved[name] || t('empty') })}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <label className="field">
        <span>{t('field.name')}</span>
        <input
          value={fields.name}
          required
          maxLength={200}
          onChange={(event) => change({ name: event.target.value })}
        />
      </label>
      {(['aliases', 'notes'] as const).map((name) => (
        <label key={name} className="field">
          <span>{t(`field.${name}`)}</span>
          <textarea
            rows={name === 'notes' ? 4 : 2}
            maxLength={10_000}
            value={fields[name]}
            onChange={(event) => change({ [name]: event.target.value })}
          />
        </label>
      ))}
      {(['tags', 'externalId'] as const).map((name) => (
        <label key={name} className="field">
          <span>{t(`field.${name}`)}</span>
          <input
            value={fields[name]}
            onChange={(event) => change({ [name]: event.target.value })}
          />
        </label>
      ))}
      <MetadataRows value={fields.metadata} onChange={(metadata) => change({ metadata })} />
      <div className="form-actions">
        <button
          type="submit"
          className="primary"
          disabled={changes === undefined || save.isPending}
        >
          {t('save')}
        </button>
        <button type="button" disabled={draft === undefined} onClick={() => setDraft(undefined)}>
          {t('discard')}
        </button>
      </div>
    </form>
  )
}
