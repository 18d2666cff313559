import { type ReactNode, useEffect, useId, useRef } from 'react'

interface DialogProps {
  readonly title: string
  /** Escape and the browser's back gesture end here. */
  readonly onCancel: () => void
  readonly children: ReactNode
}

/** A modal dialog while it is mounted. The element keeps the focus inside and gives it back. */
export function Dialog({ title, onCancel, children }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const dialog = ref.current
    if (!dialog) return
    const opener = document.activeElement
    dialog.showModal()
    return () => {
      dialog.close()
      // What opened the dialog may be what it deleted.
      const target = opener?.isConnected ? opener : document.querySelector('h1')
      if (target instanceof HTMLElement) target.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        onCancel()
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}
