import { type RefObject, useEffect } from 'react'

const presses = ['pointerdown', 'pointerup', 'pointercancel'] as const

/**
 * Keeps messages from covering what somebody works with. The styles learn how high they are
 * (`--toast-room`): dialogs stay above them. A control below them that gets the focus by keyboard is
 * scrolled above them; a page that ends there becomes longer for that (`--page-room`).
 *
 * @param region  what the messages stand in
 */
export function useToastRoom(region: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = region.current
    if (element === null) return
    const { style } = document.documentElement
    const observer = new ResizeObserver(() => {
      const height = element.offsetHeight
      if (height > 0) {
        style.setProperty('--toast-room', `${height}px`)
      } else {
        style.removeProperty('--toast-room')
        style.removeProperty('--page-room')
      }
    })
    // What moves between press and release is not clicked.
    let isPressed = false
    const onPress = ({ type }: PointerEvent) => {
      isPressed = type === 'pointerdown'
    }
    const onFocusIn = ({ target }: FocusEvent) => {
      if (isPressed || element.offsetHeight === 0 || !(target instanceof Element)) return
      if (element.contains(target)) return
      // A field that nobody sees is drawn by its label.
      const [label] = target instanceof HTMLInputElement ? (target.labels ?? []) : []
      const { bottom } = (label ?? target).getBoundingClientRect()
      if (bottom <= element.getBoundingClientRect().top) return
      style.setProperty('--page-room', `${element.offsetHeight}px`)
      ;(label ?? target).scrollIntoView({ block: 'nearest' })
    }
    observer.observe(element)
    document.addEventListener('focusin', onFocusIn)
    for (const event of presses) document.addEventListener(event, onPress, true)
    return () => {
      observer.disconnect()
      for (const event of presses) document.removeEventListener(event, onPress, true)
      document.removeEventListener('focusin', onFocusIn)
    }
  }, [region])
}
