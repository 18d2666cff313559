import { type ReactNode, useEffect, useRef, useState } from 'react'
import { Dialog } from './dialog.tsx'

interface ConfirmDialogProps {
  readonly title: string
  readonly children: ReactNode
  readonly onCancel: () => void
  /** Deletes; the dialog stays, disabled, until the promise is settled and the owner closes it. */
  readonly onDelete: () => Promise<void>
}

/** Asks before something is deleted for good. */
export function ConfirmDialog({
  title,
  children,
  onCancel,
  onDelete,
}: ConfirmDialogProps): ReactNode {
  const [busy, setBusy] = useState(false)
  const cancelButton = useRef<HTMLButtonElement>(null)
  // The safe choice has the focus.
  useEffect(() => cancelButton.current?.focus(), [])

  async function confirm(): Promise<void> {
    setBusy(true)
    await onDelete()
    setBusy(false)
  }

  return (
    <Dialog title={title} onCancel={onCancel}>
      <p>{children}</p>
      <div className="dialog-actions">
        <button ref={cancelButton} type="button" onClick={onCancel}>
          Keep
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void confirm()}>
          Delete
        </button>
      </div>
    </Dialog>
  )
}
