import type { ReactNode } from 'react'
import './key-hint.css'

/** The key that does the same as the button it stands on; the button tells it to screen readers (`aria-keyshortcuts`). */
export function KeyHint({ children }: { readonly children: string }): ReactNode {
  return (
    <span className="key-hint" aria-hidden="true">
      {children}
    </span>
  )
}
