import { useEffect } from 'react'

const focusable =
  'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex]'

/** An element around the one that has the focus, and the place of what leads there. */
interface Around {
  readonly element: Element
  readonly place: number
}

/**
 * Keeps the focus near when the control that has it is taken away or disabled: browsers drop it then,
 * and a keyboard or a screen reader would begin again at the top of the page. A control that is
 * disabled while its request is under way gets the focus back; in the place of one that is gone, its
 * neighbour gets it, else the heading. Screens and dialogs that know better move it before.
 */
export function useKeptFocus(): void {
  useEffect(() => {
    let last: HTMLElement | undefined
    let around: readonly Around[] = []
    let frame = 0

    const onFocusIn = ({ target }: FocusEvent) => {
      if (!(target instanceof HTMLElement) || target === document.body) return
      last = target
      around = findAround(target)
    }
    // Who presses beside everything wants the focus nowhere.
    const onPointerDown = ({ target }: PointerEvent) => {
      if (target instanceof Element && target.closest(`${focusable}, label`) === null) {
        last = undefined
      }
    }
    const settle = () => {
      if (last === undefined || document.activeElement !== document.body) return
      if (!last.isConnected) {
        const next = findNext(around)
        last = undefined
        next?.focus({ preventScroll: next.matches('h1') })
      } else if (!last.matches(':disabled')) {
        last.focus()
      }
    }
    const observer = new MutationObserver(() => {
      if (last === undefined || document.activeElement !== document.body) return
      cancelAnimationFrame(frame)
      // What screens and dialogs do about it comes with the next frame.
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(settle)
      })
    })

    document.addEventListener('focusin', onFocusIn)
    document.addEventListener('pointerdown', onPointerDown)
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      attributeFilter: ['disabled'],
    })
    return () => {
      document.removeEventListener('focusin', onFocusIn)
      document.removeEventListener('pointerdown', onPointerDown)
      observer.disconnect()
      cancelAnimationFrame(frame)
    }
  }, [])
}

/** The elements around one, the nearest first, as far as the screen or the dialog. */
function findAround(inner: Element): readonly Around[] {
  const around: Around[] = []
  let child = inner
  for (let element = child.parentElement; element !== null; element = element.parentElement) {
    around.push({ element, place: [...element.children].indexOf(child) })
    if (element.matches('main, [role="dialog"], [role="alertdialog"]')) return around
    child = element
  }
  // Outside of screens what goes away takes care of it by itself.
  return []
}

/** What stands where the lost control was, or the heading of the screen. */
function findNext(around: readonly Around[]): HTMLElement | null {
  const nearest = around.find(({ element }) => element.isConnected)
  if (nearest === undefined) return null
  const { element, place } = nearest
  // Nothing but the screen is left of what was around it, or that has come in its place.
  const children = element.matches('main') ? [] : [...element.children]
  for (const neighbour of [...children.slice(place), ...children.slice(0, place).reverse()]) {
    const found = findFocusable(neighbour)
    if (found !== null) return found
  }
  return document.querySelector<HTMLElement>('main h1')
}

function findFocusable(element: Element): HTMLElement | null {
  return element.matches(focusable) && element instanceof HTMLElement
    ? element
    : element.querySelector<HTMLElement>(focusable)
}
