import { type ReactNode, useEffect, useRef } from 'react'
import { Dialog as AriaDialog, Heading } from 'react-aria-components/Dialog'
import { Modal, ModalOverlay } from 'react-aria-components/Modal'
import type { DialogProps } from './dialog-props.ts'
import './dialog.css'

/** React Aria's modal dialog, in the words of {@link DialogProps}. */
export function ModalDialog({
  title,
  onCancel,
  mustAnswer = false,
  isAlert = false,
  children,
}: DialogProps): ReactNode {
  const opener = useRef(document.activeElement)
  useEffect(() => {
    const from = opener.current
    return () => {
      // What opened the dialog may be what it deleted; React Aria looks after the other cases.
      requestAnimationFrame(() => {
        if (from?.isConnected && from !== document.body) return
        if (document.activeElement === document.body) document.querySelector('h1')?.focus()
      })
    }
  }, [])
  return (
    <ModalOverlay
      className="dialog-backdrop"
      isOpen
      isDismissable={!mustAnswer}
      onOpenChange={(open) => {
        if (!open) onCancel()
      }}
    >
      <Modal className="dialog-frame">
        <AriaDialog className="dialog" role={isAlert ? 'alertdialog' : 'dialog'}>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}
