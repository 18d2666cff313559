import { lazy, type ReactNode, Suspense } from 'react'
import { Dialog } from '../dialog/dialog.tsx'
import type { PersonPickerProps } from './person-picker-props.ts'

const loadField = () => import('./person-field.tsx')
const PersonField = lazy(async () => ({ default: (await loadField()).PersonField }))

/**
 * Asks for a person: a name is typed, the list beside it shows who has such a name, with
 * photographs. Arrow keys and Enter choose. Its code is loaded when it is first opened.
 */
export function PersonPicker(props: PersonPickerProps): ReactNode {
  return (
    <Dialog title={props.title} onCancel={props.onCancel}>
      {props.children}
      <Suspense fallback={null}>
        <PersonField {...props} />
      </Suspense>
    </Dialog>
  )
}

/** Loads the picker's code ahead of its first use. */
export async function preparePersonPicker(): Promise<void> {
  await loadField()
}
