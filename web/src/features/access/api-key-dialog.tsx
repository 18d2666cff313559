import { type ReactNode, useState } from 'react'
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
  const shared = useTranslations('shared')
  const [key, setKey] = useState('')
  return (
    <Dialog title={t('title')} onCancel={() => onKey(undefined)} mustAnswer>
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
    </Dialog>
  )
}
