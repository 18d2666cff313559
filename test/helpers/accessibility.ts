import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'

const screenshots = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url))
const themes = ['light', 'dark'] as const
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const

/** A screen as it is looked at. */
export interface AuditedScreen {
  /** Names the screenshots; unique among all tests. */
  readonly name: string
  /** Where the page is, with what stands behind `#`. */
  readonly url: string
  /** Resolves when the screen shows what shall be looked at; may press buttons before. */
  readonly ready: (page: Page) => Promise<unknown>
}

/** Something that axe-core found. */
interface Finding {
  readonly theme: string
  readonly width: number
  readonly rule: string
  readonly elements: readonly string[]
}

/**
 * Looks for faults of accessibility with axe-core, in both appearances and at two widths, and takes
 * a screenshot of each in `.cache/screenshots/`. The page's content security policy stays in force.
 *
 * @returns what was found, what the policy has blocked, and where the page is wider than the window;
 *   nothing on a good screen
 */
export async function auditScreen(
  browser: Browser,
  { name, url, ready }: AuditedScreen,
): Promise<readonly Finding[]> {
  await mkdir(screenshots, { recursive: true })
  const findings: Finding[] = []
  for (const theme of themes) {
    for (const viewport of sizes) {
      const page = await browser.newPage({ colorScheme: theme, viewport, reducedMotion: 'reduce' })
      const { width } = viewport
      const blocked: string[] = []
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) blocked.push(message.text())
      })
      await page.goto(url)
      await ready(page)
      if (blocked.length > 0) {
        findings.push({ theme, width, rule: 'content security policy', elements: [...blocked] })
      }
      await page.evaluate(axe.source)
      const found = await page.evaluate<readonly Pick<Finding, 'rule' | 'elements'>[]>(runAxe)
      findings.push(...found.map((finding) => ({ theme, width, ...finding })))
      await page.screenshot({ path: `${screenshots}${name}-${theme}-${width}.png`, fullPage: true })
      await page.close()
    }
  }
  return findings
}

/**
 * Runs in the page. Links to screens stand behind "#", as those to parts of a page do: where they are
 * scrolled out of a narrow header, axe-core takes them for links that skip to a part.
 */
const runAxe = `axe.run({ rules: { 'skip-link': { enabled: false } } }).then(({ violations }) => [
  ...violations.map(({ id, nodes }) => ({
    rule: id,
    elements: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary),
  })),
  ...(document.documentElement.scrollWidth > window.innerWidth
    ? [{ rule: 'wider than the window', elements: [String(document.documentElement.scrollWidth)] }]
    : []),
])`
