import { createContext, useContext } from 'react'

export interface ToastAction {
  readonly label: string
  /** Called once; the toast is gone then. */
  readonly onPress: () => void
}

export interface Toast {
  readonly kind: 'good' | 'bad'
  readonly text: string
  /** Small print: the id of a request. */
  readonly detail?: string | undefined
  readonly actions?: readonly ToastAction[]
}

export interface Toasts {
  /** Says something at the bottom of the page, and to screen readers. */
  readonly show: (toast: Toast) => void
  /** Says something to screen readers only, politely. */
  readonly announce: (text: string) => void
}

export const ToastContext = createContext<Toasts | undefined>(undefined)

/** The page's messages. Throws outside of {@link ToastContext}. */
export function useToasts(): Toasts {
  const value = useContext(ToastContext)
  if (value === undefined) throw new Error('useToasts needs a ToastProvider around it.')
  return value
}
