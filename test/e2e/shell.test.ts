import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience, personCell } from '../helpers/browser-dashboard.ts'
import { type MockApi, mockProblem, startMockApi } from '../helpers/mock-api.ts'

const title = `the frame around the screens${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let browser: Browser
  let mock: MockApi
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    mock = await startMockApi()
    page = await browser.newPage()
    complaints = collectComplaints(page)
  })
  afterEach(async () => {
    await page.close()
    await mock.close()
    expect(complaints).toEqual([])
  })

  test('the start page loads what the bundle report counts, within its limits', async () => {
    const loaded: string[] = []
    page.on('request', (request) => {
      if (request.url().endsWith('.js')) loaded.push(new URL(request.url()).pathname)
    })
    await page.goto(mock.url)
    await page.getByRole('button', { name: 'Take a photo' }).waitFor()
    const atStart = [...loaded]
    await expect
      .poll(() => loaded.some((path) => path.includes('modal-dialog')), patience)
      .toBe(true)
    await page.waitForLoadState('networkidle')
    // Fails beyond the limits.
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/bundle-report.mjs'])
    const named = (mark: string) =>
      stdout.split('\n').flatMap((line) => (line.includes(mark) ? [line.split(' ').at(-1)] : []))
    const names = (paths: readonly string[]) => paths.map((path) => path.split('/').at(-1)).sort()
    expect(names(atStart)).toEqual(named(' start ').sort())
    expect(names(loaded)).toEqual([...named(' start '), ...named(' first ')].sort())
  })

  test('a change is undone from its toast', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.goto(`${mock.url}#/people/P1`)
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    const messages = page.getByRole('region', { name: 'Messages' })
    await messages.getByText('Ann was deleted.').waitFor()
    await page.getByText('Nobody is registered yet.').waitFor()
    await messages.getByRole('button', { name: 'Undo' }).click()
    await messages.getByText('Undone.').waitFor()
    await personCell(page, 'Ann').waitFor()
    expect(mock.persons).toEqual([{ id: 'P1', name: 'Ann', faceCount: 1 }])
  })

  test('a change that is refused is told in words, with the id of the request', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.goto(`${mock.url}#/people/P1`)
    await page.getByRole('button', { name: 'Delete' }).click()
    mock.scripted.push({ pathEnd: '/P1', answer: mockProblem(403, 'forbidden') })
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    const messages = page.getByRole('region', { name: 'Messages' })
    await messages.getByText('This is not allowed here').waitFor()
    await messages.getByText('Request r').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Ann' }).waitFor()
  })

  test('language and appearance are kept on the device', async () => {
    await page.goto(`${mock.url}#/people`)
    await page.getByRole('button', { name: 'Language and appearance' }).click()
    await page.getByRole('combobox', { name: 'Language' }).selectOption('de')
    await page.getByRole('heading', { level: 1, name: 'Menschen' }).waitFor()
    await page.getByRole('combobox', { name: 'Aussehen' }).selectOption('dark')
    await page.reload()
    await page.getByText('Noch ist niemand erfasst.').waitFor()
    const seen = await page.evaluate<readonly string[]>(
      '[document.documentElement.lang, getComputedStyle(document.documentElement).colorScheme]',
    )
    expect(seen).toEqual(['de', 'dark'])
    // The parts of React Aria, too, although the browser speaks English: how a dialog is left by
    // screen readers.
    await page.goto(`${mock.url}#/collections`)
    await page.getByRole('button', { name: 'Neue Sammlung' }).click()
    await page.getByRole('dialog', { name: 'Neue Sammlung' }).waitFor()
    expect(await page.getByRole('button', { name: 'Schließen' }).count()).toBeGreaterThan(0)
    expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0)
  })

  test('the address says the screen, the filter and the collection, and links keep the collection', async () => {
    mock.collections = ['default', 'visitors']
    mock.persons.push(
      { id: 'P1', name: 'Ann', faceCount: 1 },
      { id: 'P2', name: 'Maya', faceCount: 1 },
    )
    await page.goto(`${mock.url}#/people?query=may&collection=visitors`)
    await personCell(page, 'Maya').waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('may')
    expect(await personCell(page, 'Ann').count()).toBe(0)
    expect(mock.requests.some((line) => /\/visitors\/persons\?.*query=may/.test(line))).toBe(true)
    await openTab(page, 'Identify')
    expect(new URL(page.url()).hash).toBe('#/identify?collection=visitors')
    await page.goBack()
    await personCell(page, 'Maya').waitFor()
    await page.getByRole('searchbox').fill('')
    await personCell(page, 'Ann').waitFor()
    await expect.poll(() => new URL(page.url()).hash).toBe('#/people?collection=visitors')
  })

  test('addresses of earlier versions lead to the screens that took their place', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    for (const [old, title, now] of [
      ['register', 'Add photos', '#/add-photos'],
      ['register/P1', 'Add photos', '#/add-photos?person=P1'],
      ['persons', 'People', '#/people'],
      ['recognise', 'Identify', '#/identify'],
    ] as const) {
      await page.goto('about:blank')
      await page.goto(`${mock.url}#${old}`)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      expect(new URL(page.url()).hash).toBe(now)
    }
  })

  test('the heading of the next screen has the focus, and the tab its name', async () => {
    await page.goto(mock.url)
    await page.getByRole('heading', { level: 1, name: 'Identify' }).waitFor()
    await openTab(page, 'People')
    await expect
      .poll(() => page.evaluate<string>('document.activeElement.textContent'), patience)
      .toBe('People')
    expect(await page.title()).toBe('People · Face Watcher')
  })

  test('finds a server that was stopped again, and shows what is new', async () => {
    await page.goto(`${mock.url}#/people`)
    await page.getByText('Nobody is registered yet.').waitFor()
    await page.route('**/v1/**', (route) => route.abort())
    // Its code is not loaded yet: that cannot be done without the server, either.
    await page.route('**/add-photos-view*.js', (route) => route.abort())
    await page.getByRole('link', { name: 'Add photos', exact: true }).click()
    await page.getByRole('alert').getByText('The server cannot be reached.').waitFor()
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.unroute('**/add-photos-view*.js')
    await page.unroute('**/v1/**')
    await page.getByLabel('Name').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    await openTab(page, 'People')
    await personCell(page, 'Ann').waitFor()
    // React reports what the error view has caught.
    expect(complaints.filter((text) => !text.includes('The server cannot be reached'))).toEqual([])
    complaints.length = 0
  })

  test('works below a path of a proxy', async () => {
    const below = new URL('/faces/', mock.url).href
    await page.route(`${below}**`, async (route) => {
      const response = await route.fetch({ url: route.request().url().replace('/faces/', '/') })
      await route.fulfill({ response })
    })
    const outside: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(below)) outside.push(request.url())
    })
    await page.goto(below)
    await openTab(page, 'People')
    await page.getByText('Nobody is registered yet.').waitFor()
    expect(outside).toEqual([])
  })
})
