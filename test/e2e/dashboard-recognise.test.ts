import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findChromium, skippedWithoutChromium } from '../helpers/browser.ts'
import {
  openScene,
  openStage,
  openTab,
  patience,
  type Scene,
  type Stage,
} from '../helpers/browser-dashboard.ts'
import { type MockApi, mockFace, mockProblem } from '../helpers/mock-api.ts'

const title = `recognising on the dashboard, against a stand-in for the server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let stage: Stage
  let scene: Scene
  let mock: MockApi
  let page: Page

  beforeAll(async () => {
    stage = await openStage()
  })
  afterAll(() => stage?.close())
  beforeEach(async () => {
    scene = await openScene(stage.browser)
    ;({ mock, page } = scene)
  })
  afterEach(() => scene.close())

  const liveUrl = () => `${mock.url}#/live`

  test('shows match, possible and unknown faces with boxes over the video and as text', async () => {
    mock.faces = [
      mockFace('match', 'Ann'),
      mockFace('possible', 'Maya', { x: 60, y: 200, width: 200, height: 240 }),
      mockFace('unknown', 'Maya', { x: 1000, y: 300, width: 200, height: 240 }),
    ]
    await page.goto(liveUrl())
    await page.getByRole('button', { name: 'Start camera' }).click()
    const people = page.getByRole('complementary', { name: 'People in the picture' })
    await people.getByText('maybe Maya').first().waitFor()
    expect(await people.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^Ann\s+Fewer than 1 in 1,000,000 strangers look this similar\.$/),
      expect.stringMatching(/^maybe Maya\s+Fewer than 1 in/),
      expect.stringMatching(/^Unknown\s+Nobody registered looks similar enough\.$/),
    ])
    expect(await page.locator('.overlay-label').allInnerTexts()).toEqual([
      expect.stringContaining('Ann'),
      expect.stringContaining('maybe Maya'),
      'Unknown',
    ])
    // The picture is mirrored: x 480 to 780 of 1280 is shown at 500 to 800.
    const video = await page.locator('video').boundingBox()
    const box = await page.locator('.overlay-box').first().boundingBox()
    expect(video && box && (box.x - video.x) / video.width).toBeCloseTo(500 / 1280, 2)
    await people.getByText('In the picture: Ann, maybe Maya, 1 unknown person.').waitFor()
  })

  test('sends one frame at a time', async () => {
    let running = 0
    let most = 0
    page.on('request', (request) => {
      if (request.url().includes('/identify?readTurned=false')) most = Math.max(most, ++running)
    })
    page.on('requestfinished', (request) => {
      if (request.url().includes('/identify?readTurned=false')) running--
    })
    await page.goto(liveUrl())
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.getByText('No face in the picture.').first().waitFor()
    await expect.poll(() => mock.requests.length, patience).toBeGreaterThan(8)
    expect(most).toBe(1)
    await page.getByRole('button', { name: 'Stop' }).click()
    const sent = mock.requests.length
    await page.waitForTimeout(400)
    expect(mock.requests.length).toBeLessThanOrEqual(sent + 1)
  })

  test('asks who one is, again when a key is refused, and no more once it was right', async () => {
    mock.apiKey = 'secret'
    await page.goto(mock.url)
    const dialog = page.getByRole('dialog', { name: 'Sign in' })
    await dialog.getByLabel('API key').fill('wrong')
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await dialog.getByText('did not accept').waitFor()
    await dialog.getByLabel('API key').fill('secret')
    await dialog.getByLabel('API key').press('Enter')
    await dialog.waitFor({ state: 'hidden' })
    await page.getByText('Nobody is registered yet').waitFor()
    await page.reload()
    await page.getByText('Nobody is registered yet').waitFor()
    expect(await dialog.count()).toBe(0)
    const stored = await page.evaluate<string>('JSON.stringify({ ...sessionStorage })')
    expect(stored).not.toContain('secret')
  })

  test('says that one has to sign in when the question is dismissed', async () => {
    mock.apiKey = 'secret'
    await page.goto(mock.url)
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('alert').getByText('This server wants to know who you are.').waitFor()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('dialog', { name: 'Sign in' }).waitFor()
  })

  test('says that the key may too little, and takes another one', async () => {
    mock.apiKey = 'weak'
    mock.scripted.push({ pathEnd: '/collections', answer: mockProblem(403, 'missingScope') })
    await page.goto(mock.url)
    const dialog = page.getByRole('dialog', { name: 'Sign in' })
    await dialog.getByLabel('API key').fill('weak')
    await dialog.getByLabel('API key').press('Enter')
    await page.getByRole('alert').getByText('You are not allowed to do this.').waitFor()
    mock.apiKey = 'strong'
    await page.getByRole('button', { name: 'Sign in as somebody else' }).click()
    await dialog.getByText('This server is protected').waitFor()
    await dialog.getByLabel('API key').fill('strong')
    await dialog.getByLabel('API key').press('Enter')
    await page.getByText('Nobody is registered yet').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
  })

  test('says that the server is busy and goes on by itself', async () => {
    const busy = mockProblem(503, 'overloaded', { 'retry-after': '1' })
    mock.faces = [mockFace('match', 'Ann')]
    mock.scripted.push({ pathEnd: '/identify', answer: busy })
    await page.goto(liveUrl())
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.getByText('The server is busy.').waitFor()
    await page.getByRole('complementary').getByText('Ann', { exact: true }).waitFor()
    expect(await page.getByText('The server is busy.').count()).toBe(0)
  })

  test('says that the server cannot be reached and comes back by itself', async () => {
    await page.goto(mock.url)
    await page.getByText('Nobody is registered yet').waitFor()
    await page.route('**/v1/**', (route) => route.abort())
    await openTab(page, 'People')
    await page.getByRole('alert').getByText('cannot be reached').first().waitFor()
    await page.unroute('**/v1/**')
    await page.getByText('Trying again every few seconds.').waitFor({ state: 'hidden' })
  })

  test('shows a face that cannot be compared with its reasons and never with a name', async () => {
    mock.faces = [
      mockFace('undetermined', 'Zelda'),
      mockFace('match', 'Maya', { x: 60, y: 200, width: 200, height: 240 }),
    ]
    mock.facts = { turned: 90, omittedFaces: 2 }
    await page.goto(mock.url)
    await page.getByRole('group', { name: 'Choose photos' }).evaluate(dropPng)
    const people = page.getByRole('complementary', { name: 'People in the picture' })
    await people.getByText('Cannot tell', { exact: true }).waitFor()
    expect(await people.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(
        /Cannot tell\s+Something covers the face\. Take off mask or sunglasses, .*Add light from the front\./,
      ),
      expect.stringMatching(/Maya\s+Fewer than 1 in 1,000,000 strangers look this similar\.$/),
    ])
    expect(await page.locator('.overlay-box.undetermined .overlay-label').textContent()).toMatch(
      /^1\s*·?\s*Cannot tell$/,
    )
    await people.getByText('The photo lies on its side; it was read upright.').waitFor()
    await people.getByText('2 smaller faces not looked at.').waitFor()
    await people.getByText('In the picture: Maya, 1 face that cannot be compared.').waitFor()
    expect(await page.getByText('Zelda').count()).toBe(0)
  })

  test('keeps the name over the live picture when single frames cannot be compared', async () => {
    const answers = [mockFace('match', 'Ann'), mockFace('undetermined')]
    let frames = 0
    await page.route('**/identify?*', (route) => {
      const faces = [answers[frames++ % 2]]
      return route.fulfill({ json: { width: 1280, height: 720, thresholds: {}, faces } })
    })
    const labels = new Set<string>()
    await page.exposeFunction('noteLabel', (label: string) => labels.add(label))
    await page.goto(liveUrl())
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.locator('.overlay-box.match').waitFor()
    await page.evaluate(watchLabels)
    const first = frames
    await expect.poll(() => frames, patience).toBeGreaterThan(first + 8)
    expect([...labels].filter((label) => !label.startsWith('Ann'))).toEqual([])
    expect(labels.size).toBeGreaterThan(0)
  })

  test('takes a dropped photo', async () => {
    mock.faces = [mockFace('unknown')]
    await page.goto(mock.url)
    const zone = page.getByRole('group', { name: 'Choose photos' })
    await zone.evaluate(dropPng)
    await page.getByRole('img', { name: 'Photo dropped.png' }).waitFor()
    await page.getByRole('complementary').getByText('Unknown', { exact: true }).waitFor()
  })
})

/** Drops a small image file on the element. Runs in the page. */
const dropPng = new Function(
  'element',
  `const base64 = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
   const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
   const data = new DataTransfer()
   data.items.add(new File([bytes], 'dropped.png', { type: 'image/png' }))
   element.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }))`,
) as (element: unknown) => void

/** Tells every label that is drawn over the picture. Runs in the page. */
const watchLabels = new Function(
  `const tell = () => {
     for (const label of document.querySelectorAll('.overlay-label')) noteLabel(label.textContent)
   }
   tell()
   new MutationObserver(tell).observe(document.querySelector('.overlay'), {
     subtree: true, childList: true, characterData: true,
   })`,
) as () => void
