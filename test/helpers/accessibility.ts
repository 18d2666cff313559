import { mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'

const screenshots = fileURLToPath(new URL('../../.cache/screenshots/', import.meta.url))
const pageChecks = new URL('./page-checks.mjs', import.meta.url)

const themes = ['light', 'dark'] as const
const sizes = [
  { width: 1280, height: 800 },
  { width: 390, height: 844 },
] as const
/** What a window of 1280 x 1024 has room for at 200 and 400 %. */
const zoomedSizes = [
  { width: 640, height: 512 },
  { width: 320, height: 256 },
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

/** Something that is wrong with a screen. */
export interface Finding {
  /** How it was looked at: appearance and width, or what the user asks of the device. */
  readonly look: string
  readonly rule: string
  readonly elements: readonly string[]
}

/**
 * Opens a screen and looks for faults of accessibility, see {@link auditPage}. The page's content
 * security policy stays in force, and what it blocks is a fault, too.
 */
export async function auditScreen(
  browser: Browser,
  { name, url, ready }: AuditedScreen,
): Promise<readonly Finding[]> {
  const page = await browser.newPage({ viewport: sizes[0], reducedMotion: 'reduce' })
  const blocked: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) blocked.push(message.text())
  })
  try {
    await page.goto(url)
    await ready(page)
    const findings = await auditPage(page, name)
    return [...findings, ...toFindings('at first', 'content security policy', blocked)]
  } finally {
    await page.close()
  }
}

/**
 * Looks at what a page shows: with axe-core in both appearances and at two widths, of which
 * screenshots are taken in `.cache/screenshots/`; with forced colours; whether anything moves
 * although less motion is asked for; and at 200 and 400 % whether something is cut off, covered or
 * wider than the window. The page has to be made with `reducedMotion: 'reduce'`.
 *
 * @returns nothing of a good screen
 */
export async function auditPage(page: Page, name: string): Promise<readonly Finding[]> {
  await mkdir(screenshots, { recursive: true })
  await page.evaluate(axe.source)
  await page.evaluate(await readFile(pageChecks, 'utf8'))
  const check = (what: string) => page.evaluate<readonly string[]>(`pageChecks.${what}()`)
  const shoot = (look: string) =>
    page.screenshot({ path: `${screenshots}${name}-${look}.png`, fullPage: true })

  const findings = [
    ...toFindings('at first', 'headings', await check('findHeadingFaults')),
    ...toFindings('reduced motion', 'motion', await check('findMotion')),
  ]
  for (const size of sizes) {
    await page.setViewportSize(size)
    for (const colorScheme of themes) {
      await page.emulateMedia({ colorScheme, forcedColors: 'none' })
      const look = `${colorScheme}-${size.width}`
      await settle(page)
      const found = await page.evaluate<readonly Omit<Finding, 'look'>[]>(runAxe)
      findings.push(...found.map((finding) => ({ look, ...finding })))
      await shoot(look)
    }
  }
  await page.setViewportSize(sizes[0])
  await page.emulateMedia({ colorScheme: 'dark', forcedColors: 'active' })
  await settle(page)
  findings.push(...toFindings('forced colours', 'lost marks', await check('findLostMarks')))
  await shoot('forced')
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' })
  for (const size of zoomedSizes) {
    await page.setViewportSize(size)
    await settle(page)
    const look = `zoomed-${size.width}`
    findings.push(...toFindings(look, 'layout', await check('findLayoutFaults')))
    await shoot(look)
  }
  return findings
}

function toFindings(look: string, rule: string, elements: readonly string[]): readonly Finding[] {
  return elements.length === 0 ? [] : [{ look, rule, elements }]
}

/** Lists draw again after the window has changed. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
  )
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
