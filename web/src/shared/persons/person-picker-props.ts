import type { ReactNode } from 'react'
import type { PersonChoice, PersonSuggestion } from './person-choice.ts'

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
