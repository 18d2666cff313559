import type { ReactNode } from 'react'

export interface DialogProps {
  readonly title: string
  /** Escape and a press outside end here. */
  readonly onCancel: () => void
  /** The user has to answer: a press outside does nothing. */
  readonly mustAnswer?: boolean
  /** Deletes or overwrites something. */
  readonly isAlert?: boolean
  readonly children: ReactNode
}
