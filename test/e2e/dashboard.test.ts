import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openPerson, openTab, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { samplePhoto, writeFakeCamera } from '../helpers/fake-camera.ts'
import { annAtCamera, annInSample3, cutPhoto, stranger } from '../helpers/sample-people.ts'

const title = `the dashboard with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let folder: string
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let people: Locator
  let complaints: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-camera-'))
    const cameraFile = join(folder, 'camera.mjpeg')
    await writeFakeCamera(cameraFile, samplePhoto(1), annAtCamera)
    server = await startServerProcess()
    browser = await launchBrowser({ cameraFile })
    page = await browser.newPage()
    complaints = collectComplaints(page)
    people = page.getByRole('complementary', { name: 'People in the picture' })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
    expect(complaints).toEqual([])
  })

  test('registers a person by webcam', async () => {
    await page.getByText('Nobody is registered yet').waitFor()
    await openTab(page, 'Add photos')
    await page.getByLabel('Name').fill('Ann')
    await page.getByRole('button', { name: 'Start camera' }).click()
    await page.locator('video').waitFor()
    // A snapshot needs a frame; the button says so when there is none yet.
    await expect
      .poll(() => page.evaluate<number>("document.querySelector('video').videoWidth"), patience)
      .toBe(1280)
    await page.getByRole('button', { name: 'Take snapshot' }).click()
    await page.getByRole('img', { name: 'Snapshot 1.jpg' }).waitFor()
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('Ann is registered').waitFor()
  })

  test('recognises the person by webcam, with the name over the face', async () => {
    await openTab(page, 'Live')
    await page.locator('.overlay-box.match').waitFor()
    expect(await page.locator('.overlay-label').textContent()).toContain('Ann')
    await people.getByText('Ann', { exact: true }).waitFor()
    await people.getByText('In the picture: Ann.').waitFor()
    // The face is in the middle third of the picture.
    const video = await page.locator('video').boundingBox()
    const box = await page.locator('.overlay-box').boundingBox()
    if (!video || !box) throw new Error('The video or the box is not shown.')
    const center = (box.x + box.width / 2 - video.x) / video.width
    expect(center).toBeGreaterThan(0.33)
    expect(center).toBeLessThan(0.67)
    await page.getByRole('button', { name: 'Stop' }).click()
  })

  test('recognises the person in another photo', async () => {
    await openTab(page, 'Identify')
    const photo = await cutPhoto(3, annInSample3, 'another.jpg')
    await page.locator('input[type=file]').setInputFiles(photo)
    await page.getByRole('img', { name: 'Photo another.jpg' }).waitFor()
    await page.locator('.overlay-box.match').waitFor()
    await people.getByRole('button', { expanded: true, name: 'Ann' }).waitFor()
  })

  test('shows a stranger as unknown', async () => {
    const photo = await cutPhoto(6, stranger, 'stranger.jpg')
    await page.locator('input[type=file]').setInputFiles(photo)
    await page.getByRole('img', { name: 'Photo stranger.jpg' }).waitFor()
    await people.getByText('Unknown', { exact: true }).waitFor()
    expect(await page.locator('.overlay-label').textContent()).toBe('Unknown')
  })

  test('draws a box for every face of a group photo', async () => {
    await page.locator('input[type=file]').setInputFiles(samplePhoto(6))
    await expect.poll(() => page.locator('.overlay-box').count(), patience).toBe(4)
    expect(await people.getByRole('button', { expanded: false }).count()).toBe(3)
    expect(await people.getByRole('button', { expanded: true }).count()).toBe(1)
  })

  test('says that a file is not an image', async () => {
    const file = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('not an image') }
    await page.locator('input[type=file]').setInputFiles(file)
    await people.getByText('not an image the server can read').waitFor()
  })

  test('adds photos to a person and tells why others were not taken', async () => {
    await openTab(page, 'People')
    await page.getByText('1 person with 1 face').waitFor()
    await openPerson(page, 'Ann')
    await page.getByRole('main').getByRole('link', { name: 'Add photos' }).click()
    const blank = await sharp({
      create: { width: 300, height: 300, channels: 3, background: '#446' },
    })
      .jpeg()
      .toBuffer()
    await page.locator('input[type=file]').setInputFiles([
      await cutPhoto(3, annInSample3, 'other.jpg'),
      { name: 'blank.jpg', mimeType: 'image/jpeg', buffer: blank },
      {
        name: 'group.jpg',
        mimeType: 'image/jpeg',
        buffer: await sharp(samplePhoto(6)).toBuffer(),
      },
    ])
    await page.getByRole('button', { name: 'Add photos' }).click()
    const photos = page.getByRole('list', { name: 'Photos' }).locator('.tray-item')
    await photos.nth(0).getByText('Registered').waitFor()
    await photos.nth(1).getByText('No face was found.').waitFor()
    await photos.nth(2).getByText('There are several faces in this photo.').waitFor()
  })

  test('stores nobody when no photo can be used', async () => {
    await openTab(page, 'Add photos')
    await page.getByLabel('Name').fill('Nobody')
    await page.locator('input[type=file]').setInputFiles(samplePhoto(6))
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('There are several faces in this photo.').waitFor()
    await openTab(page, 'People')
    await page.getByText('1 person with 2 faces').waitFor()
  })

  test('warns when a face is registered under another name', async () => {
    await openTab(page, 'Add photos')
    await page.getByLabel('Name').fill('Beth')
    const photo = await cutPhoto(1, annAtCamera, 'same.jpg')
    await page.locator('input[type=file]').setInputFiles(photo)
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('looks like Ann, who is registered already').waitFor()
  })

  test('deletes a face and a person, who is a stranger from then on', async () => {
    await openTab(page, 'People')
    await openPerson(page, 'Ann')
    await page.getByRole('checkbox', { name: 'Choose photo 1 of Ann' }).check()
    const chosen = page.getByRole('toolbar', { name: 'With the photos that are chosen' })
    await chosen.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('A photo of Ann was deleted.').waitFor()
    await openTab(page, 'People')
    await page.getByText('2 people with 2 faces').waitFor()
    for (const name of ['Ann', 'Beth']) {
      await openPerson(page, name)
      await page.getByRole('button', { name: 'Delete' }).click()
      const dialog = page.getByRole('alertdialog', { name: `Delete ${name}?` })
      await dialog.getByRole('button', { name: 'Delete' }).click()
      await page.getByText(`${name} was deleted.`, { exact: true }).waitFor()
    }
    await page.getByText('Nobody is registered yet.').waitFor()
    await openTab(page, 'Identify')
    const photo = await cutPhoto(1, annAtCamera, 'gone.jpg')
    await page.locator('input[type=file]').setInputFiles(photo)
    await page.getByRole('img', { name: 'Photo gone.jpg' }).waitFor()
    await people.getByText('Unknown', { exact: true }).waitFor()
  })
})
