import { lazy, type ReactNode, Suspense } from 'react'
import type { DialogProps } from './dialog-props.ts'

const loadDialog = () => import('./modal-dialog.tsx')
const ModalDialog = lazy(async () => ({ default: (await loadDialog()).ModalDialog }))

/**
 * A modal dialog while it is mounted. It keeps the focus inside and gives it back. React Aria's part
 * is loaded with the first dialog, so that the start page does not wait for it.
 */
export function Dialog(props: DialogProps): ReactNode {
  return (
    <Suspense fallback={null}>
      <ModalDialog {...props} />
    </Suspense>
  )
}

/** Loads the dialogs ahead of the first one, when the page has nothing else to do. */
export async function prepareDialogs(): Promise<void> {
  await loadDialog()
}
