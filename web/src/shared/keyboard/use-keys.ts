import { useEffect, useRef } from 'react'

/** What a key does, by what the browser calls it (`a`, `ArrowDown`). */
export type Keys = Readonly<Record<string, (() => void) | undefined>>

/** Where a key writes something, or works the control that has the focus. */
const typing = 'input, textarea, select, [contenteditable], [role="listbox"], [role="menu"]'

/**
 * Keys of a screen, without Ctrl, Alt or Meta. They rest while the user types, while a dialog is open
 * and while the focus is outside of the screen, so that nothing is done from afar.
 *
 * @param enabled  what the user chose (WCAG 2.2, 2.1.4); see key-choice.tsx
 */
export function useKeys(keys: Keys, enabled = true): void {
  const latest = useRef(keys)
  latest.current = keys
  useEffect(() => {
    if (!enabled) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
      const act = latest.current[event.key]
      if (act === undefined || !isFree(event.target)) return
      event.preventDefault()
      act()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [enabled])
}

function isFree(target: EventTarget | null): boolean {
  if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return false
  if (!(target instanceof Element) || target === document.body) return true
  if (target.closest('main') === null) return false
  const field = target.closest(typing)
  return field === null || (field instanceof HTMLInputElement && isPressed(field))
}

/** Buttons in the form of fields: letters mean nothing to them. */
function isPressed({ type }: HTMLInputElement): boolean {
  return type === 'checkbox' || type === 'file'
}
