import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Icon } from '../icons.tsx'
import { type Toast, ToastContext } from './toasts.ts'
import { toastKey, useToastFocus } from './use-toast-focus.ts'
import { useToastRoom } from './use-toast-room.ts'
import './toasts.css'

/** Long enough to read and to reach the button; it stops while the toast is pointed at or focused. */
const shownMs = 10_000
const most = 3

interface ShownToast extends Toast {
  readonly id: number
}

/** Shows the messages of everything inside, the latest last. */
export function ToastProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const t = useTranslations('shared')
  const [toasts, setToasts] = useState<readonly ShownToast[]>([])
  const [spoken, setSpoken] = useState({ text: '', number: 0 })
  const nextId = useRef(1)
  const region = useRef<HTMLElement>(null)
  useToastFocus(region, toasts.length)
  useToastRoom(region)

  const announce = useCallback(
    (text: string) => setSpoken(({ number }) => ({ text, number: number + 1 })),
    [],
  )
  const show = useCallback((toast: Toast) => {
    const id = nextId.current++
    setToasts((all) => [...all, { ...toast, id }].slice(-most))
  }, [])
  const remove = useCallback(
    (id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)),
    [],
  )
  const value = useMemo(() => ({ show, announce }), [show, announce])

  return (
    <ToastContext value={value}>
      {children}
      {/* Stays reachable beside an open dialog: React Aria leaves this layer alone. */}
      <section
        ref={region}
        className="toasts"
        aria-label={t('messages', { key: toastKey })}
        aria-keyshortcuts={toastKey}
        aria-live="polite"
        aria-relevant="additions"
        data-react-aria-top-layer="true"
      >
        {toasts.map((toast) => (
          <ToastItem key={toast.id} toast={toast} onClose={() => remove(toast.id)} />
        ))}
      </section>
      <p className="visually-hidden" aria-live="polite" data-react-aria-top-layer="true">
        <span key={spoken.number}>{spoken.text}</span>
      </p>
    </ToastContext>
  )
}

interface ToastItemProps {
  readonly toast: ShownToast
  readonly onClose: () => void
}

function ToastItem({ toast, onClose }: ToastItemProps): ReactNode {
  const t = useTranslations('shared')
  const [held, setHeld] = useState(false)
  const close = useRef(onClose)
  close.current = onClose
  useEffect(() => {
    if (held || toast.kind === 'bad') return
    const timer = setTimeout(() => close.current(), shownMs)
    return () => clearTimeout(timer)
  }, [held, toast.kind])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only stops its clock
    <div
      className={`toast toast-${toast.kind}`}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon name={toast.kind === 'good' ? 'check' : 'alert'} />
      <div className="toast-body">
        <p>{toast.text}</p>
        {toast.detail && <p className="toast-detail">{toast.detail}</p>}
      </div>
      {toast.actions?.map(({ label, onPress }) => (
        <button
          key={label}
          type="button"
          className="small"
          onClick={() => {
            onClose()
            onPress()
          }}
        >
          {label}
        </button>
      ))}
      <button type="button" className="icon-button" aria-label={t('close')} onClick={onClose}>
        <Icon name="cross" />
      </button>
    </div>
  )
}
