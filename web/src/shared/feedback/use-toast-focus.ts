import { type RefObject, useEffect, useRef } from 'react'

/** Goes to the latest message and back; other programs have the key for the same. */
export const toastKey = 'F8'

/**
 * Makes messages easy to reach by keyboard: a key leads to the buttons of the latest one, the same
 * key or Escape leads back, and so does a message that goes away while it has the focus.
 *
 * @param region  what the messages stand in
 * @param count   of the messages
 */
export function useToastFocus(region: RefObject<HTMLElement | null>, count: number): void {
  const back = useRef<Element | null>(null)
  const isInside = useRef(false)

  useEffect(() => {
    const element = region.current
    if (element === null) return
    const onFocusIn = ({ relatedTarget }: FocusEvent) => {
      if (!isInside.current && relatedTarget instanceof Element) back.current = relatedTarget
      isInside.current = true
    }
    const onFocusOut = ({ relatedTarget }: FocusEvent) => {
      // What is taken away has no next one: the focus is given back then.
      if (relatedTarget !== null) isInside.current = false
    }
    const onKeyDown = (event: KeyboardEvent) => {
      const hasFocus = element.contains(document.activeElement)
      if (event.key === toastKey && !hasFocus) {
        const [first] = element.lastElementChild?.querySelectorAll('button') ?? []
        if (first === undefined) return
        back.current = document.activeElement
        isInside.current = true
        first.focus()
      } else if (hasFocus && (event.key === toastKey || event.key === 'Escape')) {
        giveBack(back.current)
      } else {
        return
      }
      event.preventDefault()
      event.stopPropagation()
    }
    element.addEventListener('focusin', onFocusIn)
    element.addEventListener('focusout', onFocusOut)
    // Before dialogs, which keep keys for themselves.
    document.addEventListener('keydown', onKeyDown, true)
    return () => {
      element.removeEventListener('focusin', onFocusIn)
      element.removeEventListener('focusout', onFocusOut)
      document.removeEventListener('keydown', onKeyDown, true)
    }
  }, [region])

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another number takes one away
  useEffect(() => {
    if (!isInside.current || region.current?.contains(document.activeElement)) return
    isInside.current = false
    if (document.activeElement === document.body) giveBack(back.current)
  }, [count])
}

function giveBack(to: Element | null): void {
  const heading = document.querySelector<HTMLElement>('main h1')
  const isThere = to instanceof HTMLElement && to.isConnected && to !== document.body
  ;(isThere ? to : heading)?.focus()
}
