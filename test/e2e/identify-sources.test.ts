import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import { collectComplaints, openScene, patience } from '../helpers/browser-dashboard.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { samplePhoto, writeFakeCamera } from '../helpers/fake-camera.ts'
import {
  annAtCamera,
  annInSample3,
  cutPhoto,
  type PhotoFile,
  stranger,
} from '../helpers/sample-people.ts'

/** As telephones make them. */
const manyLargePhotos = 100
const largePhoto = { width: 4000, height: 3000 }

const title = `photos from everywhere, with the real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let folder: string
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let people: Locator
  let complaints: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-sources-'))
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

  const line = (name: string) => people.getByRole('button', { expanded: true, name })

  /** Gives files to the page as a paste or a drop does. */
  async function hand(event: 'paste' | 'drop', files: readonly PhotoFile[]): Promise<void> {
    const given = files.map(({ name, mimeType, buffer }) => ({
      ...{ name, mimeType },
      base64: buffer.toString('base64'),
    }))
    await page.evaluate(`(() => {
      const data = new DataTransfer()
      for (const { name, mimeType, base64 } of ${JSON.stringify(given)}) {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
        data.items.add(new File([bytes], name, { type: mimeType }))
      }
      const target = document.querySelector('.drop-zone')
      const how = { bubbles: true, cancelable: true }
      target.dispatchEvent(
        ${event === 'paste'} 
          ? new ClipboardEvent('paste', { ...how, clipboardData: data })
          : new DragEvent('drop', { ...how, dataTransfer: data }),
      )
    })()`)
  }

  async function enrolAnn(): Promise<void> {
    const form = new FormData()
    form.append('name', 'Ann Example')
    const { buffer } = await cutPhoto(1, annAtCamera, 'ann.jpg')
    form.append('images', new Blob([new Uint8Array(buffer)]), 'ann.jpg')
    const path = 'v1/collections/default/persons'
    const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: form })
    expect(answer.status).toBe(201)
  }

  const setCrops = async (storeCrops: boolean) => {
    const answer = await fetch(`${server.url}v1/collections/default`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ storeCrops }),
    })
    expect(answer.status).toBe(200)
  }

  test('takes a photo by the camera and names who is in it, by initials where no picture is kept', async () => {
    await setCrops(false)
    await enrolAnn()
    await page.getByRole('button', { name: 'Take a photo' }).click()
    await expect
      .poll(
        () => page.evaluate<number>("document.querySelector('video')?.videoWidth ?? 0"),
        patience,
      )
      .toBe(1280)
    await page.getByRole('button', { name: 'Take snapshot' }).click()
    await page.getByRole('img', { name: 'Photo Snapshot 1.jpg' }).waitFor()
    // The camera is off again: nobody looks at its picture.
    expect(await page.locator('video').count()).toBe(0)
    await line('Ann Example').waitFor()
    await people.getByRole('img', { name: 'This face' }).waitFor()
    expect(await people.locator('.face-pair .avatar').textContent()).toBe('AE')
  })

  test('takes a photo that is pasted, and shows the face beside the picture that is kept', async () => {
    await setCrops(true)
    await fetch(`${server.url}v1/collections/default/persons`)
      .then((answer) => answer.json() as Promise<{ items: { id: string }[] }>)
      .then(({ items: [ann] }) =>
        fetch(`${server.url}v1/collections/default/persons/${ann?.id}`, { method: 'DELETE' }),
      )
    await enrolAnn()
    await page.reload()
    await hand('paste', [await cutPhoto(3, annInSample3, 'pasted.png')])
    await page.getByRole('img', { name: 'Photo pasted.png' }).waitFor()
    await line('Ann Example').waitFor()
    await people.getByRole('img', { name: 'Photo of Ann Example' }).waitFor()
    await people.getByRole('img', { name: 'This face' }).waitFor()
  })

  test('takes several photos that are dropped', async () => {
    await hand('drop', [
      await cutPhoto(6, stranger, 'dropped-1.jpg'),
      await cutPhoto(1, annAtCamera, 'dropped-2.jpg'),
    ])
    await page.getByText('3 of 3 photos looked at').waitFor()
    // The first of those that came is looked at.
    await page.getByRole('img', { name: 'Photo dropped-1.jpg' }).waitFor()
    await line('Unknown').waitFor()
    await page.getByRole('tab', { name: 'dropped-2.jpg: 1 face' }).click()
    await line('Ann Example').waitFor()
  })

  test('says of each file that cannot be read what is wrong with it', async () => {
    const { buffer } = await cutPhoto(1, annAtCamera, 'cut.jpg')
    const cutOff = { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: buffer.subarray(0, 900) }
    const heic = {
      ...{ name: 'telephone.heic', mimeType: 'image/heic' },
      buffer: Buffer.from('0000001c66747970686569630000000068656963', 'hex'),
    }
    const blank = await sharp({
      create: { width: 400, height: 300, channels: 3, background: '#446' },
    })
      .jpeg()
      .toBuffer()
    await page.reload()
    await page
      .locator('input[type=file]')
      .setInputFiles([
        cutOff,
        heic,
        { name: 'empty.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
        { name: 'blank.jpg', mimeType: 'image/jpeg', buffer: blank },
      ])
    await page.getByText('4 of 4 photos looked at · 3 with problems').waitFor()
    for (const [name, words] of [
      ['cut.jpg', 'The file is damaged or cut off.'],
      ['telephone.heic', 'Use JPEG, PNG or WebP.'],
      ['empty.jpg', 'The file is empty.'],
    ] as const) {
      await page.getByRole('tab', { name: `${name}: problem` }).click()
      await people.getByText(words).waitFor()
    }
    await page.getByRole('tab', { name: 'blank.jpg: no face' }).click()
    await people.getByText('No face was found.').waitFor()
  })

  test('decodes few of many large photos at once, and only those in sight', async () => {
    const scene = await openScene(browser)
    try {
      const photo = join(folder, 'large.jpg')
      await sharp(samplePhoto(6))
        .resize({ ...largePhoto, fit: 'cover' })
        .jpeg()
        .toFile(photo)
      const files: string[] = []
      for (let index = 0; index < manyLargePhotos; index++) {
        const file = join(folder, `large-${index}.jpg`)
        await copyFile(photo, file)
        files.push(file)
      }
      await scene.page.addInitScript(`
        window.decoded = { open: 0, most: 0, all: 0 }
        const decode = window.createImageBitmap.bind(window)
        window.createImageBitmap = async (...given) => {
          const counts = window.decoded
          counts.all++
          counts.most = Math.max(counts.most, ++counts.open)
          try {
            const bitmap = await decode(...given)
            const close = bitmap.close.bind(bitmap)
            bitmap.close = () => {
              counts.open--
              close()
            }
            return bitmap
          } catch (error) {
            counts.open--
            throw error
          }
        }
      `)
      await scene.page.goto(scene.mock.url)
      await scene.page.locator('input[type=file]').setInputFiles(files)
      await scene.page
        .getByText(`${manyLargePhotos} of ${manyLargePhotos} photos looked at`)
        .waitFor()
      const thumb = scene.page.getByRole('tab').nth(3).locator('canvas')
      await expect.poll(() => thumb.getAttribute('width'), patience).toBe('160')
      const { most, all } = await scene.page.evaluate<{ most: number; all: number }>(
        'window.decoded',
      )
      // Two in the strip, the photo that is looked at, and a face of it.
      expect(most).toBeLessThanOrEqual(4)
      expect(all).toBeLessThan(manyLargePhotos / 2)
    } finally {
      await scene.close()
    }
  }, 180_000)
})
