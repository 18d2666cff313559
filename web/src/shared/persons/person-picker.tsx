import { lazy, type ReactNode, Suspense } from 'react'
import { Dialog } from '../dialog/dialog.tsx'
import type { PersonChoice, PersonSuggestion } from './person-choice.ts'

const loadField = () => import('./person-field.tsx')
const PersonField = lazy(async () => ({ default: (await loadField()).PersonField }))

export interface PersonPickerProps {
  readonly title: string
  /** A picture of the face that is asked about, or a sentence. */
  readonly children?: ReactNode
  /** Persons that are offered before anything is typed, the likeliest first. */
  readonly suggestions?: readonly PersonSuggestion[]
  /** Persons who cannot be chosen. */
  readonly without?: readonly string[]
  /** Whether somebody new may be named. */
  readonly allowNew: boolean
  readonly onCancel: () => void
  readonly onChoose: (choice: PersonChoice) => void
}

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
