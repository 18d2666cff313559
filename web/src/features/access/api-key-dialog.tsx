import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Dialog } from '../../shared/dialog/dialog.tsx'

interface ApiKeyDialogProps {
  /** A key was sent and refused. */
  readonly refused: boolean
  readonly onKey: (key: string | undefined) => void
}

/** Asks for the key of a protected server. */
export function ApiKeyDialog({ refused, onKey }: ApiKeyDialogProps): ReactNode {
  const t = useTranslations('access')
  return (
    <Dialog title={t('title')} onCancel={() => onKey(undefined)} mustAnswer>
      <KeyForm refused={refused} onKey={onKey} />
    </Dialog>
  )
}

function KeyForm({ refused, onKey }: ApiKeyDialogProps): ReactNode {
  const t = useTranslations('access')
  const shared = useTranslations('shared')
  const [key, setKey] = useState('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (key.trim() !== '') onKey(key.trim())
      }}
    >
      <p>
        {refused ? t('refused') : t('protected')} {t('kept')}
      </p>
      <label className="field">
        <span>{t('label')}</span>
        <input
          ref={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.target.value)}
        />
      </label>
      <div className="dialog-actions">
        <button type="button" onClick={() => onKey(undefined)}>
          {shared('cancel')}
        </button>
        <button type="submit" className="primary" disabled={key.trim() === ''}>
          {t('continue')}
        </button>
      </div>
    </form>
  )
}
