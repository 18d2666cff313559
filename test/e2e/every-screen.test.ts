import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { auditScreen } from '../helpers/accessibility.ts'
import { listen } from '../helpers/announcements.ts'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { patience } from '../helpers/browser-dashboard.ts'
import { type FurnishedServer, startFurnishedServer } from '../helpers/furnished-server.ts'
import { samplePortrait } from '../helpers/people-api.ts'

/** A screen in the state in which it shows most. */
interface ScreenCase {
  /** The address, where it says more than the path does. */
  readonly address?: (server: FurnishedServer) => string
  readonly ready: (page: Page) => Promise<unknown>
}

const says =
  (text: string | RegExp): ScreenCase['ready'] =>
  (page) =>
    page.getByRole('main').getByText(text).first().waitFor()

async function identify(page: Page): Promise<void> {
  await page.locator('input[type=file]').setInputFiles([
    { name: 'ann.jpg', mimeType: 'image/jpeg', buffer: await samplePortrait('ann') },
    { name: 'bea.jpg', mimeType: 'image/jpeg', buffer: await samplePortrait('bea') },
  ])
  await page.getByText('2 of 2 photos looked at').waitFor()
  await page.getByRole('img', { name: 'This face' }).waitFor()
}

async function addPhoto(page: Page): Promise<void> {
  const buffer = await samplePortrait('ann')
  const file = { name: 'ann.jpg', mimeType: 'image/jpeg', buffer }
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByText('Not sent yet').waitFor()
}

/** By their paths in web/src/app/routes.ts. */
const screens: Readonly<Record<string, ScreenCase>> = {
  '/identify': { ready: identify },
  '/live': { ready: says('Start the camera') },
  '/people': {
    address: ({ ann }) => `/people?selected=${ann.id}`,
    ready: (page) => page.getByRole('toolbar').waitFor(),
  },
  '/people/$person': { address: ({ ann }) => `/people/${ann.id}`, ready: says('Perhaps somebody') },
  '/people/twice': { ready: says('look this much alike') },
  '/history': {
    ready: async (page) => {
      await page.getByRole('button', { name: 'Details' }).first().click()
      await says('3 photos')(page)
    },
  },
  '/unknown': { ready: says('Front door') },
  '/unknown/find': { ready: says('Choose a photo of the face') },
  '/add-photos': { ready: addPhoto },
  '/add-photos/many': {
    address: ({ job }) => `/add-photos/many?collection=visitors&job=${job}`,
    ready: (page) => page.getByRole('button', { name: 'Resume' }).waitFor(),
  },
  '/collections': { ready: says('numbers only') },
  '/collections/settings': {
    ready: async (page) => {
      await page.getByText('Or set the similarity by hand').click()
      await page.getByText('Show as a table').click()
    },
  },
  '/collections/model': { ready: says('mobilefacenet answers.') },
  '/collections/examination': { ready: says('not examined yet') },
  '/evaluation': { ready: (page) => page.getByText('Show as a table').first().click() },
  '/system': { ready: says('Index of default') },
  '/system/models': { ready: says('Right on the LFW pairs') },
  '/system/jobs': { ready: (page) => page.getByRole('button', { name: /^Resume/ }).waitFor() },
  '/system/keys': {
    ready: async (page) => {
      await page.route('**/v1/keys?*', (route) => route.fulfill({ json: { items: keys } }))
      await page.reload()
      await page.getByRole('rowheader', { name: /^Front door/ }).waitFor()
    },
  },
  '/system/problems': { ready: says('collectionNotFound') },
  '/system/configuration': { ready: says('FACE_WATCHER_DATA_DIR') },
}

const made = { createdAt: '2026-01-02T03:04:05.000Z', prefix: 'fw_k3J0x9Q' }
/** A real key would lock the server. */
const keys = [
  { ...made, id: 'K1', name: 'Front door', scopes: ['identify'], collections: [{ id: 'C1' }] },
  { ...made, id: 'K2', name: 'Office', scopes: ['admin'], revokedAt: made.createdAt },
]

const title = `every screen, for everybody${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let server: FurnishedServer
  let browser: Browser

  beforeAll(async () => {
    server = await startFurnishedServer()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  test('is looked at here', () => {
    const routes = readFileSync(new URL('../../web/src/app/routes.ts', import.meta.url), 'utf8')
    const paths = [...routes.matchAll(/^ {2}path: '(.+)',$/gm)].map(([, path]) => path)
    // The start leads to the first screen.
    expect(paths.filter((path) => path !== '/').sort()).toEqual(Object.keys(screens).sort())
  })

  test.for(Object.entries(screens))('%s has no fault', async ([path, screen]) => {
    const { address = () => path, ready } = screen
    const findings = await auditScreen(browser, {
      name: `screen${path.replaceAll('/', '-').replace('$', '')}`,
      url: `${server.url}#${address(server)}`,
      ready: async (page) => {
        page.setDefaultTimeout(patience.timeout)
        await ready(page)
      },
    })
    expect(findings).toEqual([])
  })

  /** A page of the server, and what a screen reader says of what happens on it. */
  async function open(address: string) {
    const page = await browser.newPage({ reducedMotion: 'reduce' })
    page.setDefaultTimeout(patience.timeout)
    const announced = await listen(page)
    await page.goto(`${server.url}#${address}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    const expectSaid = (text: string | RegExp) =>
      expect.poll(async () => (await announced()).join('\n'), patience).toMatch(text)
    return { page, expectSaid }
  }

  test('a screen reader is told who is in a photo and what was done', async () => {
    const { page, expectSaid } = await open('/identify')
    await identify(page)
    await expectSaid('2 of 2 photos looked at')
    await expectSaid('In the picture: Ann.')
    await page.keyboard.press('c')
    await expectSaid('Noted: this is Ann.')
    await page.close()
  })

  test('a screen reader is told how many were found and are chosen, and where it is', async () => {
    const { page, expectSaid } = await open('/people')
    const grid = page.getByRole('grid', { name: 'People' })
    await grid.getByRole('row').first().waitFor()
    const rows = await grid.getByRole('row').count()
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(rows))
    expect(await grid.getByRole('row').first().getAttribute('aria-rowindex')).toBe('1')
    expect(await grid.getAttribute('aria-multiselectable')).toBe('true')
    await grid.getByRole('checkbox', { name: 'Choose Anna' }).check({ force: true })
    await expectSaid('1 chosen')
    expect(await grid.getByRole('gridcell', { selected: true }).count()).toBe(1)
    await page.getByRole('searchbox').fill('cleo')
    await expectSaid('1 person')
    await page.close()
  })

  test('a screen reader is told which place a stranger has', async () => {
    const { page } = await open('/unknown')
    const first = page.getByRole('list', { name: 'Strangers' }).getByRole('listitem').first()
    await first.waitFor()
    expect(await first.getAttribute('aria-posinset')).toBe('1')
    expect(await first.getAttribute('aria-setsize')).toBe('1')
    await page.close()
  })

  test('a screen reader is told what follows from a rate, and has every drawing as a table', async () => {
    const { page, expectSaid } = await open('/collections/settings')
    const slider = page.getByRole('slider', { name: 'Strangers who get a name' })
    await slider.focus()
    await page.keyboard.press('Home')
    await expectSaid(/now 10/)
    await page.goto(`${server.url}#/evaluation`)
    await page.getByRole('heading', { level: 1, name: 'Evaluation' }).waitFor()
    const figures = page.getByRole('figure')
    await figures.first().waitFor()
    for (const figure of await figures.all()) {
      await figure.getByText('Show as a table').click()
      expect(await figure.getByRole('table').getByRole('row').count()).toBeGreaterThan(2)
      expect(await figure.locator('svg:not([aria-hidden="true"])').count()).toBe(0)
    }
    await page.close()
  })

  test('a screen reader is told how far a job is', async () => {
    const { page, expectSaid } = await open(
      `/add-photos/many?collection=visitors&job=${server.job}`,
    )
    await page.getByRole('button', { name: 'Resume' }).click()
    await expectSaid(/Running · photographs · \d+ of 200/)
    await page.getByRole('button', { name: 'Pause' }).click()
    await expectSaid(/Paused/)
    await page.close()
  })
})
