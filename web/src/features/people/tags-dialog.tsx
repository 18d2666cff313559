import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { BulkOperation } from '../../shared/api/bulk-persons.ts'
import { Dialog } from '../../shared/dialog/dialog.tsx'
import { splitTags } from './tags.ts'

interface TagsDialogProps {
  readonly count: number
  readonly onClose: () => void
  readonly onApply: (operation: BulkOperation) => Promise<unknown>
}

/** Adds and removes tags and one field of the metadata, of many persons. */
export function TagsDialog(props: TagsDialogProps): ReactNode {
  const t = useTranslations('people')
  return (
    <Dialog title={t('tagsTitle', { count: props.count })} onCancel={props.onClose}>
      <TagsForm {...props} />
    </Dialog>
  )
}

function TagsForm({ onClose, onApply }: TagsDialogProps): ReactNode {
  const t = useTranslations('people')
  const shared = useTranslations('shared')
  const [texts, setTexts] = useState({ add: '', remove: '', key: '', value: '' })
  const operation = toOperation(texts)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])

  async function apply(event: FormEvent): Promise<void> {
    event.preventDefault()
    if (operation === undefined) return
    onClose()
    await onApply(operation)
  }

  return (
    <form onSubmit={(event) => void apply(event)}>
      {(['add', 'remove', 'key', 'value'] as const).map((field) => (
        <label key={field} className="field">
          <span>{t(`tagFields.${field}`)}</span>
          <input
            ref={field === 'add' ? first : undefined}
            value={texts[field]}
            onChange={(event) => setTexts({ ...texts, [field]: event.target.value })}
          />
        </label>
      ))}
      <p className="muted">{t('tagsHint')}</p>
      <div className="dialog-actions">
        <button type="button" onClick={onClose}>
          {shared('cancel')}
        </button>
        <button type="submit" className="primary" disabled={operation === undefined}>
          {t('apply')}
        </button>
      </div>
    </form>
  )
}

function toOperation(texts: {
  readonly add: string
  readonly remove: string
  readonly key: string
  readonly value: string
}): BulkOperation | undefined {
  const addTags = splitTags(texts.add)
  const removeTags = splitTags(texts.remove)
  const key = texts.key.trim()
  const value = texts.value.trim()
  if (addTags.length === 0 && removeTags.length === 0 && key === '') return undefined
  return {
    kind: 'update',
    ...(addTags.length > 0 ? { addTags: [...addTags] } : {}),
    ...(removeTags.length > 0 ? { removeTags: [...removeTags] } : {}),
    ...(key !== '' && value !== '' ? { setMetadata: { [key]: value } } : {}),
    ...(key !== '' && value === '' ? { removeMetadata: [key] } : {}),
  }
}
