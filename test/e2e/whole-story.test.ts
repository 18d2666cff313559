import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findChromium, launchBrowser, skippedWithoutChromium } from '../helpers/browser.ts'
import {
  collectComplaints,
  openPerson,
  openTab,
  patience,
  personCell,
} from '../helpers/browser-dashboard.ts'
import { cutFace } from '../helpers/browser-people.ts'
import { type ServerProcess, startServerProcess } from '../helpers/browser-server.ts'
import { type Region, samplePhoto, writeFakeCamera } from '../helpers/fake-camera.ts'
import { annAtCamera, cutPhoto, stranger } from '../helpers/sample-people.ts'

const cleo: Region = { left: 1400, top: 110, width: 480, height: 480 }
const atTheDoor: Region = { left: 1000, top: 110, width: 390, height: 420 }
const atTheDoorAgain: Region = { left: 980, top: 90, width: 430, height: 460 }

const title = `a new user's first day, with one browser and one real server${skippedWithoutChromium}`

describe.skipIf(findChromium() === undefined)(title, () => {
  let folder: string
  let server: ServerProcess
  let browser: Browser
  let page: Page
  let people: Locator
  let messages: Locator
  let complaints: string[]

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'face-watcher-story-'))
    const cameraFile = join(folder, 'camera.mjpeg')
    await writeFakeCamera(cameraFile, samplePhoto(1), annAtCamera)
    await writeFolders()
    server = await startServerProcess()
    browser = await launchBrowser({ cameraFile })
    page = await browser.newPage()
    complaints = collectComplaints(page)
    people = page.getByRole('complementary', { name: 'People in the picture' })
    messages = page.getByRole('region', { name: 'Messages' })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
    expect(complaints).toEqual([])
  })

  /** Ann once more under another name, and Cleo with a photo of somebody else among hers. */
  async function writeFolders(): Promise<void> {
    const photos = [
      ['Anna', '1.jpg', await cutFace('ann')],
      ['Cleo', '1.jpg', (await cutPhoto(6, cleo, '1.jpg')).buffer],
      ['Cleo', '2.jpg', (await cutPhoto(6, stranger, '2.jpg')).buffer],
    ] as const
    for (const [name, file, bytes] of photos) {
      await mkdir(join(folder, 'people', name), { recursive: true })
      await writeFile(join(folder, 'people', name, file), bytes)
    }
  }

  const line = (name: string | RegExp) => people.getByRole('button', { expanded: true, name })

  /** Asks the start page who is in a photo. */
  async function identify(name: string, buffer: Buffer): Promise<void> {
    await openTab(page, 'Identify')
    await page.locator('input[type=file]').setInputFiles({ name, mimeType: 'image/jpeg', buffer })
    await page.getByRole('img', { name: `Photo ${name}` }).waitFor()
  }

  async function undo(): Promise<void> {
    await messages.getByRole('button', { name: 'Undo' }).last().click()
    await messages.getByText('Undone.').last().waitFor()
  }

  test('registers by the webcam', async () => {
    await page.getByText('Nobody is registered yet').waitFor()
    await page.getByRole('link', { name: 'Register someone' }).click()
    await page.getByLabel('Name').fill('Ann')
    await page.getByRole('button', { name: 'Start camera' }).click()
    await expect
      .poll(
        () => page.evaluate<number>("document.querySelector('video')?.videoWidth ?? 0"),
        patience,
      )
      .toBe(1280)
    await page.getByRole('button', { name: 'Take snapshot' }).click()
    await page.getByRole('img', { name: 'Snapshot 1.jpg' }).waitFor()
    await page.getByRole('button', { name: 'Register', exact: true }).click()
    await page.getByText('Ann is registered').waitFor()
  })

  test('is recognised', async () => {
    await openTab(page, 'Live')
    await page.locator('.overlay-box.match').waitFor()
    await people.getByText('Ann', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
  })

  test('adds a folder of people after a check, which tells who looks alike', async () => {
    await openTab(page, 'Add photos')
    await page.getByRole('link', { name: 'Many people at once' }).click()
    await page.getByLabel('Choose a folder').setInputFiles(join(folder, 'people'))
    await page.getByText('3 photos of 2 people.').waitFor()
    await page.getByRole('button', { name: 'Check first' }).click()
    await page.getByText('3 photos would be registered').waitFor()
    await page.getByText('Looks like Ann.').waitFor()
    await page.getByRole('button', { name: 'Register these 3 photos' }).click()
    await page.getByText('3 photos registered').waitFor()
    await page.getByRole('link', { name: 'Show all people' }).click()
    await page.getByText('3 people with 4 faces').waitFor()
  })

  test('finds a wrong match and says that it is not this person', async () => {
    const around: Region = { left: 100, top: 350, width: 500, height: 550 }
    const { buffer } = await cutPhoto(6, around, 'party.jpg')
    await identify('party.jpg', buffer)
    await line('Cleo').waitFor()
    await page.keyboard.press('x')
    await messages.getByText('Noted: this is not Cleo.').waitFor()
    await line('Unknown').waitFor()
    await people.getByText('You said that it is not Cleo.').waitFor()
  })

  test('merges two who are one, and undoes it', async () => {
    await openTab(page, 'People')
    await page.getByRole('link', { name: 'There twice?' }).click()
    await page.getByRole('button', { name: 'Look now' }).click()
    await page.getByRole('button', { name: /are the same person$/ }).click()
    const question = page.getByRole('dialog', { name: 'Merge 2 people' })
    await question.getByRole('button', { name: 'Merge' }).click()
    await messages.getByText(/1 person was merged into Anna?\./).waitFor()
    await openTab(page, 'People')
    await page.getByText('2 people with').waitFor()
    await undo()
    await page.getByText('3 people with 4 faces').waitFor()
  })

  test('keeps strangers, and assigns one, who is known from then on', async () => {
    await openTab(page, 'Unknown')
    await page.getByRole('button', { name: 'Keep unknown faces' }).click()
    await page.getByText('Nobody waits.').waitFor()
    // The photo that was asked before is asked again, and its stranger is not kept by that.
    const { buffer } = await cutPhoto(5, atTheDoor, 'door.jpg')
    await identify('door.jpg', buffer)
    await line('Unknown').waitFor()
    await expect
      .poll(async () => {
        await openTab(page, 'People')
        await openTab(page, 'Unknown')
        await page
          .getByRole('heading', { name: 'Seen once' })
          .or(page.getByText('Nobody waits.'))
          .waitFor()
        return page.getByRole('heading', { name: 'Seen once' }).count()
      }, patience)
      .toBe(1)
    await page.keyboard.press('a')
    const dialog = page.getByRole('dialog', { name: 'Who is it?' })
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Dora')
    await page.getByRole('option', { name: 'New person: Dora' }).click()
    await messages.getByText('It is Dora: 1 photograph registered.').waitFor()
    await page.getByText('Nobody waits.').waitFor()
    const again = await cutPhoto(5, atTheDoorAgain, 'door-again.jpg')
    await identify('door-again.jpg', again.buffer)
    await line('Dora').waitFor()
  })

  test('tightens the policy by the slider, and a weak likeness is no match any more', async () => {
    const weak = await cutFace('annAgain', { width: 100, quality: 30 })
    await identify('weak.jpg', weak)
    await people.locator('.face-line.match').waitFor()
    await openTab(page, 'Collections')
    await page.getByRole('link', { name: 'default' }).click()
    const slider = page.getByRole('slider', { name: 'Strangers who get a name, in 1,000' })
    await slider.focus()
    await page.keyboard.press('Home')
    await expect.poll(() => slider.getAttribute('aria-valuetext'), patience).toBe('0.1 in 1,000')
    await page.getByLabel('Or type a number').fill('0.001')
    await page.getByRole('button', { name: 'Apply' }).click()
    await messages.getByText('A name for 0.001 in 1,000 strangers').waitFor()
    // The photo is still there, and is asked again by the new policy.
    await openTab(page, 'Identify')
    await page.getByRole('tab', { name: /weak\.jpg/ }).click()
    await page.getByRole('img', { name: 'Photo weak.jpg' }).waitFor()
    await people.locator('.face-line:not(.match)').waitFor()
  })

  test('deletes a person and gets them back', async () => {
    await openTab(page, 'People')
    await page.getByText('4 people with 5 faces').waitFor()
    await openPerson(page, 'Cleo')
    await page.getByRole('button', { name: 'Delete' }).click()
    const question = page.getByRole('alertdialog', { name: 'Delete Cleo?' })
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('3 people with 3 faces').waitFor()
    await undo()
    await personCell(page, 'Cleo').waitFor()
    await page.getByText('4 people with 5 faces').waitFor()
  })
})
