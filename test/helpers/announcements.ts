import type { Page } from 'playwright-core'

/** What a screen reader says by itself, since {@link listen}. */
export type Announced = () => Promise<readonly string[]>

/**
 * Notes what live regions say while the page changes, from its next load on. What is hidden from
 * screen readers says nothing, as that behind an open dialog.
 */
export async function listen(page: Page): Promise<Announced> {
  await page.addInitScript(noteAnnouncements)
  return () => page.evaluate<readonly string[]>('globalThis.announced ?? []')
}

/** Runs in the page. */
const noteAnnouncements = `(() => {
  globalThis.announced = []
  const live = '[aria-live=polite], [aria-live=assertive], [role=alert], [role=status]'
  const note = (region) => {
    const text = region?.textContent.trim() ?? ''
    if (text !== '' && region.closest('[aria-hidden=true]') === null) announced.push(text)
  }
  new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      const element = target instanceof Element ? target : target.parentElement
      note(element?.closest(live))
      for (const node of addedNodes) {
        if (node instanceof Element && node.matches('[role=alert]')) note(node)
      }
    }
  }).observe(document, { subtree: true, childList: true, characterData: true })
})()`
