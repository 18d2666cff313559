import type { Locator, Page } from 'playwright-core'
import { patience } from './browser-dashboard.ts'

/** More controls than any screen has. */
const mostStops = 150

/** A user without a mouse. */
export interface Keyboard {
  /**
   * Presses Tab until the control has the focus. Every control on the way has to show that it has
   * the focus, and to be in sight.
   */
  tabTo(wanted: Locator, options?: { readonly back?: boolean }): Promise<void>
  /** Presses keys one after the other. */
  press(...keys: readonly string[]): Promise<void>
  type(text: string): Promise<void>
  /** Resolves when the control has the focus, which something else has given to it. */
  expectFocus(wanted: Locator): Promise<void>
}

/** What is wrong with the control that has the focus. */
type FocusFault = string | null

/** Works a page by keys only: nothing is clicked, filled or focused by a script. */
export function createKeyboard(page: Page): Keyboard {
  const hasFocus = (wanted: Locator) =>
    wanted.evaluateAll((all) => all.some((element) => element.matches(':focus')))

  async function assertShown(): Promise<void> {
    const fault = await page.evaluate<FocusFault>(findFocusFault)
    if (fault !== null) throw new Error(fault)
  }

  return {
    async tabTo(wanted, { back = false } = {}) {
      await wanted.first().waitFor(patience)
      for (let stop = 0; stop < mostStops; stop++) {
        if (await hasFocus(wanted)) return
        await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
        await assertShown()
      }
      throw new Error(`Tab does not lead to ${wanted}.`)
    },
    async press(...keys) {
      for (const key of keys) await page.keyboard.press(key)
    },
    type: (text) => page.keyboard.type(text),
    async expectFocus(wanted) {
      await wanted.first().waitFor(patience)
      const deadline = Date.now() + patience.timeout
      while (!(await hasFocus(wanted))) {
        if (Date.now() > deadline) {
          const where = await page.evaluate<string>(
            'document.activeElement.outerHTML.slice(0, 200)',
          )
          throw new Error(`${wanted} has not the focus, but ${where}`)
        }
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
  }
}

/**
 * Runs in the page. The ring is around the control, or around what stands for it: the label of a
 * field that is hidden.
 */
const findFocusFault = `(() => {
  const element = document.activeElement
  // After the last control the focus is with the browser's own buttons.
  if (element === null || element === document.body) return null
  const name = element.outerHTML.slice(0, 200)
  const { width } = element.getBoundingClientRect()
  const surface = width > 1 ? element : element.labels?.[0]
  if (surface === undefined) return 'The focus is on something that nobody sees: ' + name
  const { outlineStyle, outlineWidth } = getComputedStyle(surface)
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return 'No ring shows the focus: ' + name
  const box = surface.getBoundingClientRect()
  const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2
  const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2
  const hit = document.elementFromPoint(x, y)
  if (hit !== null && (surface.contains(hit) || hit.contains(surface))) return null
  return 'The focus is covered by ' + (hit?.outerHTML.slice(0, 100) ?? 'the edge') + ': ' + name
})()`
