import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openTab, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import {
  type CameraScene,
  samplePhoto,
  writeCameraScenes,
  writeMovingCamera,
} from '../helpers/fake-camera.ts'
import { poseScene } from '../helpers/head-poses.ts'
import { annAtCamera, annInSample3, cutPhoto, stranger } from '../helpers/sample-people.ts'

const title = `the live picture with the real server${skippedWithoutChromium}`

/** So long the camera shows a pose: thirty frames are a second. */
const poseFrames = 60

/** Somebody else, who looks to the left, long enough for a slow machine. */
const other: CameraScene = {
  ...{ photo: samplePhoto(3), frames: 3 * poseFrames },
  region: { left: 485, top: 220, width: 420, height: 480 },
  mirrored: true,
}

describe.skipIf(findChromium() === undefined)(title, () => {
  let folder: string
  let server: ServerProcess
  const browsers: Browser[] = []
  const complaints: string[][] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-live-'))
    server = await startServerProcess()
  })
  afterAll(async () => {
    for (const browser of browsers) await browser.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
    expect(complaints.flat()).toEqual([])
  })

  /** A page at the live picture of a browser whose camera plays a file. */
  async function openLive(
    cameraFile: string,
    { address = '/live', collect = true } = {},
  ): Promise<Page> {
    const browser = await launchBrowser({ cameraFile })
    browsers.push(browser)
    const page = await browser.newPage()
    if (collect) complaints.push(collectComplaints(page))
    await page.goto(`${server.url}#${address}`)
    await page.getByRole('button', { name: 'Start camera' }).click()
    return page
  }

  /** Registers Ann by the API. */
  async function registerAnn(): Promise<void> {
    const form = new FormData()
    form.append('name', 'Ann')
    const { buffer } = await cutPhoto(1, annAtCamera, 'ann.jpg')
    form.append('images', new Blob([new Uint8Array(buffer)]), 'ann.jpg')
    const answer = await fetch(`${server.url}v1/collections/default/persons`, {
      method: 'POST',
      body: form,
    })
    expect(answer.status).toBe(201)
  }

  test('a name follows its face, with frames a second and delay shown', async () => {
    await registerAnn()
    const file = join(folder, 'moving.mjpeg')
    await writeMovingCamera(file, samplePhoto(3), annInSample3)
    const page = await openLive(file)
    const box = page.locator('.overlay-box.match')
    await box.waitFor()
    expect(await box.textContent()).toContain('Ann')
    await page.getByText(/[\d.]+ frames a second · \d+ ms behind/).waitFor()
    // The box is the same one wherever the face goes.
    await box.evaluate((element) => element.setAttribute('data-seen', 'yes'))
    const seen: number[] = []
    await expect
      .poll(async () => {
        const place = await page.locator('.overlay-box[data-seen]').boundingBox()
        if (place) seen.push(place.x)
        return Math.max(...seen) - Math.min(...seen)
      }, patience)
      .toBeGreaterThan(100)
    const people = page.getByRole('complementary', { name: 'People in the picture' })
    await people.getByText('In the picture: Ann.').waitFor()

    // A picture of it goes to where faces are looked at closely.
    await page.getByRole('button', { name: 'Look closely' }).click()
    await page.getByRole('heading', { level: 1, name: 'Identify' }).waitFor()
    await people.getByRole('button', { expanded: true, name: 'Ann' }).waitFor()
  })

  test('fills the screen with the picture, and comes back', async () => {
    const page = browsers[0]?.contexts()[0]?.pages()[0]
    if (page === undefined) throw new Error('There is no page.')
    await openTab(page, 'Live')
    const button = page.getByRole('button', { name: 'Fullscreen' })
    await button.click()
    await expect.poll(() => button.getAttribute('aria-pressed'), patience).toBe('true')
    await button.click()
    await expect.poll(() => button.getAttribute('aria-pressed'), patience).toBe('false')
    await page.close()
  })

  test('keeps somebody unknown who stays in the picture now and then, not with every frame', async () => {
    const collection = `${server.url}v1/collections/default`
    const keep = (keepUnknown: object | null) =>
      fetch(collection, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ keepUnknown }),
      })
    expect((await keep({ hours: 1 })).status).toBe(200)
    const file = join(folder, 'stranger.mjpeg')
    await writeCameraScenes(file, [{ photo: samplePhoto(6), region: stranger, frames: 30 }])
    const page = await openLive(file)
    let answered = 0
    page.on('response', (response) => {
      if (response.url().includes('/identify')) answered += 1
    })
    await expect.poll(() => answered, { timeout: 60_000 }).toBeGreaterThan(40)
    const { items } = (await (await fetch(`${collection}/sightings?limit=100`)).json()) as {
      readonly items: readonly unknown[]
    }
    expect(items.length).toBeGreaterThan(0)
    expect(items.length).toBeLessThan(answered / 4)
    await page.close()
    expect((await keep(null)).status).toBe(200)
  })

  test('says when the server is gone, and goes on by itself when it is back', async () => {
    const file = join(folder, 'moving.mjpeg')
    // The browser looks for the service worker, too, and complains when nobody answers.
    const page = await openLive(file, { collect: false })
    await page.locator('.overlay-box.match').waitFor()
    await server.kill()
    await page.getByText('The server cannot be reached.').first().waitFor()
    expect(await page.locator('.overlay-box').count()).toBe(0)
    await server.start()
    await page.locator('.overlay-box.match').waitFor()
    await expect
      .poll(() => page.getByText('The server cannot be reached.').count(), patience)
      .toBe(0)
    await page.close()
  })

  test('the guide takes a picture of each pose by itself and registers them, with Undo', async () => {
    const file = join(folder, 'poses.mjpeg')
    const scenes = await Promise.all(
      (['front', 'left', 'right', 'up', 'down'] as const).map((pose) =>
        poseScene(pose, poseFrames),
      ),
    )
    await writeCameraScenes(file, scenes)
    const page = await openLive(file, { address: '/live?guide=true' })
    const guide: Locator = page.getByRole('complementary', { name: 'Register by camera' })
    await guide.getByRole('heading', { name: 'Look straight into the camera.' }).waitFor()
    await guide.getByText('That is all.').first().waitFor({ timeout: 90_000 })
    for (const pose of ['Front', 'Left', 'Right', 'Up', 'Down']) {
      await guide.getByRole('img', { name: `Picture: ${pose}` }).waitFor()
    }
    // One of them is not wanted.
    await guide.getByRole('button', { name: 'Take again: Down' }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    await guide.getByRole('button', { name: 'Register 4 pictures' }).click()
    await page.getByRole('dialog', { name: 'Who is it?' }).locator('input:focus').waitFor()
    await page.keyboard.type('Bea')
    await page.getByRole('option', { name: 'New person: Bea' }).click()
    await page.getByText('Bea: 4 pictures registered.').waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undone.').waitFor()
    await openTab(page, 'People')
    await page.getByText('1 person with 1 face').waitFor()
  }, 180_000)

  test('the guide leaves out the picture of somebody else who steps in', async () => {
    const file = join(folder, 'two-people.mjpeg')
    const [front, left] = await Promise.all([
      poseScene('front', poseFrames),
      poseScene('left', poseFrames),
    ])
    await writeCameraScenes(file, [front, other, left])
    const page = await openLive(file, { address: '/live?guide=true' })
    const guide: Locator = page.getByRole('complementary', { name: 'Register by camera' })
    const leftOut = guide.getByText('Somebody else was in the last picture')
    await leftOut.waitFor({ timeout: 60_000 })
    // The first one comes back and looks to the left, too.
    await guide.getByRole('img', { name: 'Picture: Left' }).waitFor({ timeout: 60_000 })
    expect(await leftOut.count()).toBe(0)
    await page.getByRole('button', { name: 'Stop' }).click()
    await guide.getByRole('button', { name: 'Register 2 pictures' }).click()
    await page.getByRole('dialog', { name: 'Who is it?' }).locator('input:focus').waitFor()
    await page.keyboard.type('Cleo')
    await page.getByRole('option', { name: 'New person: Cleo' }).click()
    await page.getByText('Cleo: 2 pictures registered.').waitFor()
    const { buffer } = await cutPhoto(3, other.region, 'other.jpg')
    const form = new FormData()
    form.append('image', new Blob([new Uint8Array(buffer)]), 'other.jpg')
    const answer = await fetch(`${server.url}v1/collections/default/identify`, {
      method: 'POST',
      body: form,
    })
    const { faces } = (await answer.json()) as { readonly faces: { readonly decision: string }[] }
    expect(faces.map(({ decision }) => decision)).toEqual(['unknown'])
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByText('Undone.').waitFor()
  }, 180_000)

  test('the guide says what is wrong, skips a pose and takes a picture by hand', async () => {
    const file = join(folder, 'group.mjpeg')
    const region = { left: 60, top: 60, width: 1780, height: 1000 }
    await writeCameraScenes(file, [{ photo: samplePhoto(6), region, frames: 2 }])
    const page = await openLive(file, { address: '/live?guide=true' })
    const guide: Locator = page.getByRole('complementary', { name: 'Register by camera' })
    await guide.getByText('Several faces are in the picture').waitFor()
    await page.getByRole('button', { name: 'Skip this pose' }).click()
    await guide.getByRole('heading', { name: 'Turn your head a little to your left.' }).waitFor()
    await page.getByRole('button', { name: 'Take it now' }).click()
    await guide.getByRole('img', { name: 'Picture: Left' }).waitFor()
    await page.close()
  })
})
