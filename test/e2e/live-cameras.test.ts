import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { openScene, patience, type Scene } from '../helpers/browser-dashboard.ts'
import { type MockApi, mockFace, mockProblem } from '../helpers/mock-api.ts'

const title = `several cameras, and a server that lags, against a stand-in for it${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let browser: Browser
  let scene: Scene
  let mock: MockApi
  let page: Page

  beforeAll(async () => {
    browser = await launchBrowser({ cameras: 2 })
  })
  afterAll(() => browser?.close())
  beforeEach(async () => {
    scene = await openScene(browser)
    ;({ mock, page } = scene)
    mock.faces = [mockFace('match', 'Ann')]
  })
  afterEach(async () => {
    expect(scene.complaints).toEqual([])
    await scene.close()
  })

  const choice = () => page.getByRole('combobox', { name: 'Camera' })
  const box = () => page.locator('.overlay-box')
  const countFrames = () => mock.requests.filter((request) => request.includes('/identify')).length

  async function openLive(): Promise<void> {
    await page.goto(`${mock.url}#/live`)
    await page.getByRole('button', { name: 'Start camera' }).click()
    await box().waitFor()
  }

  /** The browser hides or shows the page, as when another tab comes before it. */
  async function setHidden(isHidden: boolean): Promise<void> {
    await page.evaluate(`
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${isHidden} })
      document.dispatchEvent(new Event('visibilitychange'))
    `)
  }

  test('offers the cameras of the device, and remembers on it which one was chosen', async () => {
    await openLive()
    const names = await choice().getByRole('option').allInnerTexts()
    expect(names).toHaveLength(2)
    const [, second = ''] = names
    await choice().selectOption(second)
    const chosen = () => choice().locator('option:checked').textContent()
    await expect.poll(chosen, patience).toBe(second)
    await box().waitFor()
    await page.reload()
    await page.getByRole('button', { name: 'Start camera' }).click()
    await box().waitFor()
    expect(await chosen()).toBe(second)
  })

  test('says when the camera is unplugged, shows no name then, and starts another one', async () => {
    await openLive()
    await page.evaluate(`
      document.querySelector('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))
    `)
    await page.getByRole('alert').getByText('The camera stopped').waitFor()
    expect(await box().count()).toBe(0)
    // The one that was chosen is not there any more.
    await page.evaluate(`localStorage.setItem('faceWatcherCamera', 'gone')`)
    await page.getByRole('button', { name: 'Try again' }).click()
    await box().waitFor()
  })

  test('offers a camera that is plugged in meanwhile, and no longer one that is gone', async () => {
    await openLive()
    await choice().waitFor()
    await page.evaluate(`
      const media = navigator.mediaDevices
      const all = media.enumerateDevices.bind(media)
      window.giveBackCameras = () => {
        media.enumerateDevices = all
        media.dispatchEvent(new Event('devicechange'))
      }
      media.enumerateDevices = async () => (await all()).slice(0, 1)
      media.dispatchEvent(new Event('devicechange'))
    `)
    await choice().waitFor({ state: 'detached' })
    await page.evaluate('window.giveBackCameras()')
    await choice().waitFor()
  })

  test('rests while the page is hidden, and shows nobody who was there before', async () => {
    await openLive()
    await setHidden(true)
    await box().waitFor({ state: 'detached' })
    const sent = countFrames()
    await page.waitForTimeout(400)
    expect(countFrames()).toBeLessThanOrEqual(sent + 1)
    expect(await box().count()).toBe(0)
    mock.faces = [mockFace('match', 'Maya')]
    await setHidden(false)
    await box().waitFor()
    expect(await box().textContent()).toContain('Maya')
  })

  test('has who is unknown kept once, and not with each frame', async () => {
    mock.faces = [mockFace('unknown', 'Maya')]
    await openLive()
    await expect.poll(countFrames, patience).toBeGreaterThan(8)
    const kept = mock.requests.filter((request) => request.includes('keepUnknown=true'))
    expect(kept).toHaveLength(1)
  })

  test('sends a slow server one frame at a time, and says how far names are behind', async () => {
    let running = 0
    let most = 0
    await page.route('**/identify?*', async (route) => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 700))
      running--
      await route.continue()
    })
    await openLive()
    const speed = page.getByText(/frames? a second/)
    await speed.waitFor()
    expect(most).toBe(1)
    const behind = /([\d,]+) ms behind/.exec((await speed.textContent()) ?? '')?.[1] ?? ''
    expect(Number(behind.replace(',', ''))).toBeGreaterThanOrEqual(700)
  })

  test('says that the server wants fewer frames, and goes on when it may', async () => {
    const limited = mockProblem(429, 'rateLimited', { 'retry-after': '1' })
    mock.scripted.push({ pathEnd: '/identify', answer: limited })
    await page.goto(`${mock.url}#/live`)
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.getByText('Too many requests at once.').waitFor()
    await box().waitFor()
    expect(await page.getByText('Too many requests at once.').count()).toBe(0)
  })
})
