import { type ReactNode, useState } from 'react'
import { Dialog } from '../../shared/dialog.tsx'

interface ApiKeyDialogProps {
  /** A key was sent and refused. */
  readonly refused: boolean
  readonly onKey: (key: string | undefined) => void
}

/** Asks for the key of a protected server. */
export function ApiKeyDialog({ refused, onKey }: ApiKeyDialogProps): ReactNode {
  const [key, setKey] = useState('')
  return (
    <Dialog title="API key needed" onCancel={() => onKey(undefined)}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (key.trim() !== '') onKey(key.trim())
        }}
      >
        <p>
          {refused
            ? 'The server did not accept this key. Check it and try again.'
            : 'This server is protected. Enter the key that its operator gave you.'}{' '}
          It is kept in this tab only and forgotten when you close it.
        </p>
        <label className="field">
          <span>API key</span>
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
            Cancel
          </button>
          <button type="submit" className="primary" disabled={key.trim() === ''}>
            Continue
          </button>
        </div>
      </form>
    </Dialog>
  )
}
