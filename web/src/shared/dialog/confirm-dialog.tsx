import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Dialog } from './dialog.tsx'

interface ConfirmDialogProps {
  readonly title: string
  readonly children: ReactNode
  /** The word on the button that does it; default: "Delete". */
  readonly action?: string
  readonly onCancel: () => void
  /** Does it; the dialog stays, disabled, until the promise is settled and the owner closes it. */
  readonly onConfirm: () => Promise<void>
}

/** Asks before something is deleted or overwritten. */
export function ConfirmDialog(props: ConfirmDialogProps): ReactNode {
  return (
    <Dialog title={props.title} onCancel={props.onCancel} isAlert mustAnswer>
      <Question {...props} />
    </Dialog>
  )
}

function Question({ children, action, onCancel, onConfirm }: ConfirmDialogProps): ReactNode {
  const t = useTranslations('shared')
  const [busy, setBusy] = useState(false)
  const cancelButton = useRef<HTMLButtonElement>(null)
  // The safe choice has the focus.
  useEffect(() => cancelButton.current?.focus(), [])

  async function confirm(): Promise<void> {
    setBusy(true)
    try {
      await onConfirm()
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <p>{children}</p>
      <div className="dialog-actions">
        <button ref={cancelButton} type="button" onClick={onCancel}>
          {t('keep')}
        </button>
        <button type="button" className="danger" disabled={busy} onClick={() => void confirm()}>
          {action ?? t('delete')}
        </button>
      </div>
    </>
  )
}
