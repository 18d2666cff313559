import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { openScene, openStage, type Scene, type Stage } from '../helpers/browser-dashboard.ts'
import { samplePhoto } from '../helpers/fake-camera.ts'
import type { MockApi } from '../helpers/mock-api.ts'

const title = `the camera on the dashboard${skippedWithoutChromium}`

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

  async function startCamera(own: Browser, url = `${mock.url}#/live`): Promise<Page> {
    const other = await own.newPage()
    await other.goto(url)
    await other.getByRole('button', { name: 'Start camera' }).click()
    return other
  }

  test('is refused: says so and offers another try', async () => {
    const own = await launchBrowser({
      cameraFile: stage.cameraFile,
      allowCamera: false,
    })
    try {
      const other = await startCamera(own)
      await other.getByRole('alert').getByText('The camera was refused').waitFor()
      await other.getByRole('button', { name: 'Try again' }).waitFor()
    } finally {
      await own.close()
    }
  })

  test('is absent: says so', async () => {
    const own = await launchBrowser({ allowCamera: true })
    try {
      const other = await startCamera(own)
      await other.getByRole('alert').getByText('No camera was found').waitFor()
    } finally {
      await own.close()
    }
  })

  test('is out of reach on a page that is not secure: says so, photos still work', async () => {
    const own = await launchBrowser({
      cameraFile: stage.cameraFile,
      foreignHost: 'faces.test',
    })
    try {
      const other = await startCamera(own, `${mock.url.replace('localhost', 'faces.test')}#/live`)
      await other.getByRole('alert').getByText('The camera needs a secure page').waitFor()
      await other.getByRole('link', { name: 'Add photos', exact: true }).click()
      await other.getByLabel('Name').fill('Ann')
      await other.locator('input[type=file]').setInputFiles(samplePhoto(1))
      await other.getByRole('button', { name: 'Register', exact: true }).click()
      await other.getByText('Ann is registered').waitFor()
    } finally {
      await own.close()
    }
  })

  test('is in use by another program: says so', async () => {
    await page.addInitScript(
      `navigator.mediaDevices.getUserMedia = () =>
         Promise.reject(new DOMException('busy', 'NotReadableError'))`,
    )
    await page.goto(`${mock.url}#/live`)
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.getByRole('alert').getByText('The camera is in use').waitFor()
  })
})
