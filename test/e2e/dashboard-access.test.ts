import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, skippedWithoutChromium } from '../helpers/browser.ts'
import {
  openScene,
  openStage,
  openTab,
  type Scene,
  type Stage,
} from '../helpers/browser-dashboard.ts'
import { type MockApi, mockFace } from '../helpers/mock-api.ts'

const title = `access to the dashboard${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let stage: Stage
  let scene: Scene
  let mock: MockApi
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())
  beforeEach(async () => {
    scene = await openScene(stage.browser)
    ;({ mock, page, complaints } = scene)
  })
  afterEach(() => scene.close())

  test('loads nothing from elsewhere and breaks no content security policy', async () => {
    const foreign: string[] = []
    page.on('request', (request) => {
      if (!request.url().startsWith(mock.url)) foreign.push(request.url())
    })
    mock.faces = [mockFace('match', 'Ann')]
    await page.goto(`${mock.url}#/live`)
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.locator('.overlay-box').waitFor()
    await openTab(page, 'Add photos')
    await openTab(page, 'People')
    expect(foreign).toEqual([])
    expect(complaints).toEqual([])
  })

  test('has no horizontal scrolling at 360 pixels', async () => {
    mock.persons.push({ id: 'P1', name: 'x'.repeat(200), faceCount: 1 })
    mock.collections = ['default', 'a-collection-with-a-rather-long-name-as-names-go']
    await page.setViewportSize({ width: 360, height: 740 })
    await page.goto(mock.url)
    for (const tab of ['Identify', 'People', 'Add photos'] as const) {
      await openTab(page, tab)
      await page.waitForTimeout(200)
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - window.innerWidth',
      )
      expect({ tab, overflow }).toEqual({ tab, overflow: 0 })
    }
  })

  test('can be used with the keyboard alone', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.goto(mock.url)
    await page.getByRole('link', { name: 'People' }).waitFor()
    await tabTo(page, 'Skip to content')
    await tabTo(page, 'People')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor()
    await page.getByText('Ann', { exact: true }).waitFor()
    await tabTo(page, 'AAnn1 photo')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Ann' }).waitFor()
    await tabTo(page, 'Delete')
    await page.keyboard.press('Enter')
    await page.getByRole('alertdialog', { name: 'Delete Ann?' }).waitFor()
    expect(await focused(page)).toBe('Keep')
    await page.keyboard.press('Escape')
    await page.getByRole('alertdialog').waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('Delete')
    await page.keyboard.press('Enter')
    await tabTo(page, 'Delete')
    await page.keyboard.press('Enter')
    await page.getByText('Nobody is registered yet.').waitFor()
    await page.getByText('Ann was deleted.').waitFor()
    expect(await focused(page)).toBe('People')
    expect(mock.persons).toEqual([])
  })

  test('gives every control a name and keeps headings and landmarks in order', async () => {
    mock.persons.push({ id: 'P1', name: 'Ann', faceCount: 1 })
    await page.goto(mock.url)
    for (const tab of ['Identify', 'People', 'Add photos'] as const) {
      await openTab(page, tab)
      await page.waitForTimeout(200)
      expect(await page.evaluate(namelessControls)).toEqual([])
      expect(await page.getByRole('main').count()).toBe(1)
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1)
      expect(await page.getByRole('banner').count()).toBe(1)
    }
  })
})

/** Presses Tab until the control with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    if ((await focused(page)) === name) return
  }
  throw new Error(`Tab does not reach "${name}".`)
}

/** The name of the element that has the focus. */
function focused(page: Page): Promise<string> {
  return page.evaluate<string>(
    `(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()`,
  )
}

/** Controls without a name, images without a text, ids that are not unique. Run in the page. */
const namelessControls = `[...document.querySelectorAll('a, button, input, select, summary, img, canvas, video')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !(
    element.getAttribute('aria-label') ||
    element.hasAttribute('alt') ||
    element.textContent.trim() ||
    [...(element.labels ?? [])].some((label) => label.textContent.trim())
  ))
  .map((element) => element.outerHTML)
  .concat([...document.querySelectorAll('[id]')]
    .map(({ id }) => id)
    .filter((id, index, all) => all.indexOf(id) !== index))`
