import type { Browser } from 'playwright-core'

const viewports = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const

/** Answers of the API come so late that what is shown before is drawn. */
const answerMs = 150
/** A screen is there when nothing was asked for so long. */
const restMs = 600

/** How much a screen moved by itself while it came. */
export interface LayoutShift {
  readonly width: number
  /** Cumulative layout shift: the sum of all, of which 0.1 is Lighthouse's limit for a good page. */
  readonly sum: number
  /** What moved most, for whoever mends it. */
  readonly moved: readonly string[]
}

/** How much a screen moves while it comes from a server that takes its time, at two widths. */
export async function measureLayoutShift(
  browser: Browser,
  url: string,
): Promise<readonly LayoutShift[]> {
  const shifts: LayoutShift[] = []
  for (const viewport of viewports) {
    const page = await browser.newPage({ viewport, reducedMotion: 'reduce' })
    try {
      let asked = 0
      let lastMs = Date.now()
      await page.route('**/v1/**', async (route) => {
        asked++
        await new Promise((resolve) => setTimeout(resolve, answerMs))
        await route.continue().catch(() => undefined)
        asked--
        lastMs = Date.now()
      })
      await page.addInitScript(observe)
      await page.goto(url)
      await page.locator('h1').waitFor()
      while (asked > 0 || Date.now() - lastMs < restMs) await page.waitForTimeout(50)
      const found = await page.evaluate<Omit<LayoutShift, 'width'>>('window.layoutShift')
      shifts.push({ width: viewport.width, ...found })
    } finally {
      await page.close()
    }
  }
  return shifts
}

/** Runs in the page, before anything else does. */
const observe = `
  window.layoutShift = { sum: 0, moved: [] }
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue
      layoutShift.sum += entry.value
      for (const { node, previousRect: from, currentRect: to } of entry.sources) {
        const name = node?.outerHTML ? node.outerHTML.slice(0, 90) : String(node?.textContent)
        layoutShift.moved.push(
          entry.value.toFixed(3) + ' ' + name + ' y ' + from.y + ' to ' + to.y + ', height ' +
            from.height + ' to ' + to.height,
        )
      }
    }
  }).observe({ type: 'layout-shift', buffered: true })
`
